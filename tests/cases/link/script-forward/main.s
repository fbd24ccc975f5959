// ADDR, LOADADDR, SIZEOF and ALIGNOF of sections further down, symbols further down, in addresses and
// sizes.
//# args: -T link.x
//# check: later_addr == 0x2000 && later_load == 0x8000 && later_size == 24 && later_align == 16
//# check: addr(.late2) == 0x2018 && from_symbol == 0x2108 && size(.room) == 0x20
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .room, "aw"
    .quad 0
    .section .late, "aw"
    .balign 16
    .quad 1, 2, 3
    .section .late2, "aw"
    .quad 4
