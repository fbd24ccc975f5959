// All that may follow a section's brace, in the language's order, and a comma after it.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# bytes: .data = 01 ee ee ee
//# check: addr(.data) == 0x20000000 && load(.data) == 0x8004
//# segments: LOAD r-x, LOAD rw-
//# compare: rust-lld
//# differs: contents .data - a fill value is as long as its digits, as in GNU ld
    .text
    .globl start
start: .long 1
    .data
    .byte 1
