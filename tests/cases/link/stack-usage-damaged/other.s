    .text
    .globl other
    .type other, %function
other:
    .long 0
    .section .stack_sizes, "o", %progbits, .text
    .long 0
    .byte 16
