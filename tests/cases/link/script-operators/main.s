// Arithmetic of expressions: precedence, suffixes, functions, sections' values.
//# args: -T link.x
//# check: e1 == 14 && e2 == 0x1400 && e3 == 1 && e4 == 0x30 && e5 == 7 && e6 == 4
//# check: e7 == 0x2000 && e8 == 5 && e9 == 9 && e10 == 1 && e11 == 0 && e12 == 0x1010
//# check: e13 == 16 && e14 == addr(.text) && e15 == size(.text) && e16 == 0xfffffffffffffff0
//# check: e17 == 3 && e18 == 2 && e19 == 0x1000 && e21 == 0x1008
//# compare: rust-lld
    .globl start
start: .quad 0
    .quad 0
