    .globl member
member:
    .section .data.x, "aw"
    .byte 0x0d
    .section .data.y, "aw"
    .byte 0x1d
