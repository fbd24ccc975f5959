    .text
    nop
    .data
    .long 0, 0
    .section .rodata, "a"
    .long 77
