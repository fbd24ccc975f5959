// Wildcards `*`, `?`, `[a-c]`, `[!a]`, quoted names, `*(.a .b)` in input order against `*(.a) *(.b)`,
// names of files with and without wildcards, a file without a list.
//# args: main.o b.o whole.o -T link.x
//# bytes: .one = 01 02 03
//# bytes: .set = 0a 0b
//# bytes: .unset = 0c
//# bytes: .mixed = 21 22
//# bytes: .apart = 31 32
//# bytes: .quoted = 41
//# bytes: .of_b = 51
//# bytes: .whole = 61 62
//# compare: rust-lld
    .macro in name, value
    .section \name, "a"
    .byte \value
    .endm
    .text
    .globl start
start: ret
    in .p1x, 1
    in .p2x, 2
    in .p3x, 3
    in .s.a, 0xa
    in .s.b, 0xb
    in .s.x, 0xc
    in .m.2, 0x21
    in .m.1, 0x22
    in .n.2, 0x32
    in .n.1, 0x31
    .section ".q q", "a"
    .byte 0x41
