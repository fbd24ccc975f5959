// REVERSE, alone and around SORT_BY_NAME, and sorted files: `SORT_BY_NAME(*)(…)`.
//# args: main.o c.o b.o -T link.x
//# bytes: .reversed = 03 02 01
//# bytes: .input = 13 12 11
//# bytes: .files = 42 43
    .macro in name, value
    .section \name, "a"
    .byte \value
    .endm
    .text
    .globl start
start: ret
    in .m.b, 2
    in .m.a, 1
    in .m.c, 3
    in .n.a, 0x11
    in .n.c, 0x12
    in .n.b, 0x13
