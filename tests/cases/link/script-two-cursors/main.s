// Load addresses follow `AT>` until another is said; sections without load region keep the distance
// of the one before.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: load(.data) == 0x8000008 && load(.more) == 0x800000c && addr(.more) == 0x20000004
//# check: load(.own) == 0x20000008 && load(.rest) == 0x8000010 && rest_load == 0x8000010
//# compare: rust-lld
    .text
    .globl start
start: .long 1, 2
    .data
    .long 3
    .section .more, "aw"
    .long 4
    .section .own, "aw"
    .long 5
    .section .rest, "a"
    .long 6
