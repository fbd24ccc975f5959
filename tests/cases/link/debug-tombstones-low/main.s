// In an image that begins at 0 (flash of many Cortex-M), 0 as the address of dropped functions would be
// the address of something: debuggers named frames after dead functions. There it is the highest
// address; what ends lists at 0 is as elsewhere.
//# target: thumbv7m-none-eabi
//# args: -T link.x --gc-sections
//# bytes: .debug_info = ff ff ff ff 01 04 00 00
//# bytes: .debug_frame = ff ff ff ff
//# bytes: .debug_ranges = 01 00 00 00
//# bytes: .notes = 00 00 00 00
    .syntax unified
    .section .vectors, "a"
    .word 0x20000400
    .word start
    .section .text.start, "ax"
    .globl start
    .thumb_func
start: bx lr
    .section .text.dead, "ax"
    .thumb_func
dead: bx lr
    .section .debug_info, "", %progbits
    .word dead
    .word start
    .section .debug_frame, "", %progbits
    .word dead
    .section .debug_ranges, "", %progbits
    .word dead
    .section .notes, "", %progbits
    .word dead
