// -r with a script: its rules join sections, addresses mean nothing, symbols belong to sections.
//# args: -r -T link.x
//# compare: rust-lld
//# check: size(.code) == 16 && middle == 8 && size(.everything) == 8
//# no-section: .text.b
    .section .text.a, "ax"
    .globl a
a:  .long 0, 1
    .section .text.b, "ax"
b:  .long b, a
    .data
    .long b
    .section .data.own, "aw"
    .long a
