// SORT_BY_NAME, SORT_BY_ALIGNMENT, SORT_BY_INIT_PRIORITY, SORT_NONE, REVERSE and nesting.
//# args: -T link.x
//# bytes: .byname = 01 02 03 04
//# bytes: .byalign = 03 00 02 01 04
//# bytes: .byprio = 02 03 01 04
//# bytes: .unsorted = 03 01 04 02
//# bytes: .nested = 03 02 01 04
//# compare: rust-lld
    .macro in name, value, align=1
    .section \name, "aw"
    .balign \align
    .byte \value
    .endm
    in .n.c, 3
    in .n.a, 1
    in .n.d, 4
    in .n.b, 2
    in .a.1, 1
    in .a.2, 2, 2
    in .a.3, 3, 4
    in .a.4, 4
    in .p.200, 1
    in .p.3, 2
    in .p.100, 3
    in .p.x, 4
    in .u.c, 3
    in .u.a, 1
    in .u.d, 4
    in .u.b, 2
    in .m.b, 1
    in .m.a, 2
    in .m.c, 3, 2
    in .m.d, 4
