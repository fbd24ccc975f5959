    .section .d, "a"
    .globl in_n
in_n: .byte 4
