// The location counter: `.` is an address between sections and within them; `. +=`, ALIGN, and
// assignments that leave gaps, filled by `=` and FILL.
//# args: -T link.x
//# bytes: .fill = 01 ab cd ab cd ab cd ab 02 ab cd ab
//# bytes: .fill2 = 03 00 11 22 04 00 11 22
//# check: addr(.fill) == 0x1000 && addr(.fill2) == 0x1100 && size(.gap) == 0x20
//# check: inner == 0x1008 && after == 0x2020 && addr(.gap) == 0x2000 && aligned == 0x2040
//# compare: rust-lld
//# differs: contents .fill - a fill value is as long as its digits, as in GNU ld
    .section .one, "aw"
    .byte 1
    .section .two, "aw"
    .byte 2
    .section .three, "aw"
    .byte 3
    .section .four, "aw"
    .byte 4
    .section .gap, "aw"
    .globl start
start: .long 5
