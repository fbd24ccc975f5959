// ALIGN and SUBALIGN of a section, ALIGN_OF, the alignment of inputs, AT with ALIGN.
//# args: -T link.x
//# check: addr(.a) == 0x1040 && addr(.b) % 32 == 0 && size(.b) == 0x18
//# check: in_b2 == addr(.b) + 0x10 && alignof_b == 16 && load(.b) == 0x9000
//# compare: rust-lld
    .section .a, "a"
    .globl start
start: .byte 1
    .section .b1, "a"
    .byte 2
    .section .b2, "a"
    .globl in_b2
in_b2: .quad 3
