// All compound assignments, to symbols and to `.`.
//# args: -T link.x
//# check: a == 12 && b == 7 && c == 30 && d == 5 && e == 0x50 && f == 2 && g == 4 && h == 0x1f && i == 6
//# check: addr(.text) == 0x1010 && addr(.data) == 0x2000 && after == 0x1ff8
//# compare: rust-lld
    .text
    .globl start
start: .quad 0
    .data
    .quad 1
