    .globl first, second, own
    .type first, %function
    .type second, %function
    .type own, %function
    first = 0x10010021
    second = 0x10010029
    own = 0x10010031
