// AT with expressions, LMAs that go on behind AT, LOADADDR of sections with and without.
//# args: -T link.x
//# check: load(.a) == 0x8000 && load(.b) == 0x8008 && load(.c) == addr(.c) && from == 0x8000 && end == 0x8010
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .a, "aw"
    .quad 1
    .section .b, "aw"
    .quad 2
    .section .c, "aw"
    .quad 3
