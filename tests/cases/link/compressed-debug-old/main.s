// Sections of GNU's older form, `.zdebug_*`, become what they were made from.
//# args: -T link.x
//# bytes: .debug_own = 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 00 01 02 03
//# no-section: .zdebug_own
    .text
    .globl start
start: .word 0x1234
    .section .zdebug_own, "", %progbits
    .byte 90, 76, 73, 66, 0, 0, 0, 0, 0, 0, 0, 68, 120, 156, 115, 116, 164, 12, 48, 48, 50, 49, 3, 0, 81, 140, 16, 71
