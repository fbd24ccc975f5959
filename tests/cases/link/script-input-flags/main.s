// INPUT_SECTION_FLAGS: required and forbidden bits, by name and number.
//# args: -T link.x
//# bytes: .code = 01
//# bytes: .written = 02
//# bytes: .rest = 03
//# compare: rust-lld
    .section .x.a, "ax"
    .globl start
start: .byte 1
    .section .x.b, "aw"
    .byte 2
    .section .x.c, "a"
    .byte 3
