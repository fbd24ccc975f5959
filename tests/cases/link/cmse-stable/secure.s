    .globl second, third, first, last
    .type second, %function
    .type third, %function
    .type first, %function
    .type last, %function
    second = 0x10010001
    third = 0x10010009
    first = 0x10010011
    last = 0x10010019
