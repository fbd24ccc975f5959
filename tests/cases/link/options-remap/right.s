    .text
    .globl right
right: ret
