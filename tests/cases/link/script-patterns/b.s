    .section .file, "a"
    .byte 0x51
