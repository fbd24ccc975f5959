    .text
    .globl one
one: ret
