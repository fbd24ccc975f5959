// INCLUDE is read in place, at the top level, within SECTIONS and within a section; REGION_ALIAS.
//# args: -T link.x
//# check: addr(.text) == 0x8000 && addr(.data) == 0x20000 && size(.data) == 12 && included == 5
//# bytes: .data = 01 00 00 00 02 00 00 00 03 00 00 00
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .long 1
    .section .inner, "aw"
    .long 2
