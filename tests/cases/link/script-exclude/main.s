// EXCLUDE_FILE in a list of sections and within a sort.
//# args: main.o b.o c.o -T link.x
//# bytes: .list = 01 03 11 12 13
//# bytes: .sorted = 23 21
//# bytes: .rest = 02 22 31 32 33 41 42 43
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .l, "a"
    .byte 1
    .section .k, "a"
    .byte 0x11
    .section .s.b, "a"
    .byte 0x21
    .section .o, "a"
    .byte 0x31
    .section .q, "a"
    .byte 0x41
