    .section .d, "a"
    .globl in_m
in_m: .byte 3
