    .section .w1, "a"
    .byte 0x61
    .section .w2, "a"
    .byte 0x62
