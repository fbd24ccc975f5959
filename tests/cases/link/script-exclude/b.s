    .section .l, "a"
    .byte 2
    .section .k, "a"
    .byte 0x12
    .section .s.c, "a"
    .byte 0x22
    .section .o, "a"
    .byte 0x32
    .section .q, "a"
    .byte 0x42
