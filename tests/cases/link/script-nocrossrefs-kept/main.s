// What NOCROSSREFS, NOCROSSREFS_TO and OVERLAY : NOCROSSREFS allow: references within a section, to
// sections that are not named, and from the first of NOCROSSREFS_TO.
//# args: -T link.x
//# check: addr(.o1) == 0x4000 && addr(.o2) == 0x4000 && load(.o1) == 0x8000
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .a, "aw"
in_a: .quad in_a, start
    .section .b, "aw"
in_b: .quad in_b, start
    .section .c, "aw"
    .quad .d
    .section .d, "aw"
    .quad .a
    .section .o1, "aw"
    .quad .d
    .section .o2, "aw"
    .quad .o2
