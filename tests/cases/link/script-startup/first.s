    .data
    .byte 2
