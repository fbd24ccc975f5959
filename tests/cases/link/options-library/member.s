    .text
    .globl needed
needed: ret
