// `.init_array` with priorities, and `.ctors` counted the other way round.
//# args: -T link.x
//# bytes: .init_array = 01 00 00 00 02 00 00 00 03 00 00 00 04 00 00 00
//# check: first == addr(.init_array) && last == first + 16
//# target: thumbv7m-none-eabi
//# compare: rust-lld
//# differs: segments - RELRO is written with -z relro only
    .text
    .globl start
start: bx lr
    .macro in name, value
    .section \name, "aw", %init_array
    .long \value
    .endm
    in .init_array, 4
    in .init_array.300, 3
    in .init_array.00005, 1
    in .init_array.200, 2
