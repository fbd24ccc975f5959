// Sorts in sorts, both orders; REVERSE; SORT_NONE against --sort-section; sorted files.
//# args: main.o c.o b.o -T link.x --sort-section=name
//# shows: --sort-section=name
//# bytes: .align_name = 02 00 00 00 04 01 03
//# bytes: .name_align = 08 06 05 07
//# bytes: .by_option = 11 12 13
//# bytes: .none = 23 21 22
//# bytes: .priority = 33 32 31
//# compare: rust-lld
    .macro in name, value, align=1
    .section \name, "a"
    .balign \align
    .byte \value
    .endm
    .text
    .globl start
start: ret
    in .m.b, 4, 4
    in .m.c, 1
    in .m.a, 2, 4
    in .m.d, 3
    in .n.b, 5
    in .n.a, 6, 1
    in .n.c, 7
    in .n.0, 8, 2
    in .o.b, 0x12
    in .o.a, 0x11
    in .o.c, 0x13
    in .p.c, 0x23
    in .p.a, 0x21
    in .p.b, 0x22
    in .q.00300, 0x31
    in .q.00200, 0x32
    in .q.00100, 0x33
