    .section .f, "a"
    .byte 0x42
