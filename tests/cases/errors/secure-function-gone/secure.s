.globl first, second
.type first, %function
.type second, %function
first = 0x10010001
second = 0x10010009
