    .section .f, "a"
    .byte 0x43
