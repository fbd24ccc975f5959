// Sections that return to a region go on where it was left; a region may be filled to its last byte.
//# args: -T link.x
//# check: addr(.a) == 0x1000 && addr(.b) == 0x2000 && addr(.c) == 0x1008 && addr(.d) == 0x2008
//# check: full == 0x2010
//# compare: rust-lld
    .section .a, "a"
    .globl start
start: .quad 1
    .section .b, "aw"
    .quad 2
    .section .c, "a"
    .quad 3
    .section .d, "aw"
    .quad 4
