// Start-up files register the unwind table by a symbol in an empty section of their own, and end it with a word of
// zeros (GCC's `crtstuff.c`). Where no file brings a record, as on Arm, the table is that word.
//# target: armv7a-none-eabi, x86_64-unknown-none
//# args: -static --eh-frame-hdr
//# check: size(.eh_frame) == 4 && addr(.eh_frame) == begin && u32(begin) == 0
//# check: u32(table) == begin & 0xffffffff
//# no-section: .eh_frame_hdr
    .globl _start
_start:
    .long 0
    .data
    .globl table
table:
    .long begin
    .section .eh_frame, "a"
    .globl begin
begin:
