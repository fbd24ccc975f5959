    .section .l, "a"
    .byte 3
    .section .k, "a"
    .byte 0x13
    .section .s.a, "a"
    .byte 0x23
    .section .o, "a"
    .byte 0x33
    .section .q, "a"
    .byte 0x43
