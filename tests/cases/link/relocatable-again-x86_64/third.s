    .text
    nop
    .data
    .long 0, 0
    .section .rodata, "a"
    .globl third_value
    .long 77
third_value: .long 11
    .section .debug_str, "MS", %progbits, 1
    .asciz "said twice"
