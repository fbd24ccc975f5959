    .section .data.x, "aw"
    .byte 0x0b
    .section .data.y, "aw"
    .byte 0x1b
