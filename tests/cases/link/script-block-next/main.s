// BLOCK and NEXT are ALIGN under other names; lld knows neither.
//# args: -T link.x
//# check: addr(.text) == 0x1000 && addr(.data) == 0x1400 && addr(.more) == 0x1600 && next == 0x1800
    .text
    .globl start
start: ret
    .data
    .quad 1
    .section .more, "aw"
    .quad 2
