// BYTE, SHORT, LONG and QUAD with expressions, in the byte order of the target.
//# args: -T link.x
//# bytes: .data = 01 02 01 08 07 06 05 00 10 00 00 00 00 00 00 08 00 00 00
//# compare: rust-lld
    .text
    .globl start
start: .quad 0
