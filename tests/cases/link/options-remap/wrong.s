    .text
    .globl wrong
wrong: ret
