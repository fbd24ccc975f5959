// ALIGN_WITH_INPUT: the load address moves as the address does, so that their distance stays; without
// it each is aligned for itself.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: addr(.text) == 0x8004 && addr(.a) == 0x20000004 && load(.a) == 0x8008
//# check: addr(.b) == 0x20000010 && load(.b) == 0x8014
//# check: addr(.c) == 0x20000020 && load(.c) == 0x8020
    .text
    .globl start
start: .long 1
    .section .a, "aw"
    .long 2
    .section .b, "aw"
    .balign 16
    .long 3
    .section .c, "aw"
    .balign 16
    .long 4
