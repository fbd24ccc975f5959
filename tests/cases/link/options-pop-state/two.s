    .text
    .globl two
two: ret
