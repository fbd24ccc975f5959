    .section .data.x, "aw"
    .byte 0x0c
    .section .data.y, "aw"
    .byte 0x1c
