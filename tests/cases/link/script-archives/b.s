    .section .d, "a"
    .byte 2
