    .section .d, "a"
    .globl in_o
in_o: .byte 5
