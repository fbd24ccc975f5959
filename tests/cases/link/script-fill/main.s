// FILL and `=`: from where FILL stands on, gaps hold its pattern; each gap begins it anew, also where
// FILL changes within one gap, and around data. A number is as long as its hexadecimal digits, every
// other expression four bytes.
//# args: -T link.x
//# bytes: .a = 01 11 22 33 11 22 44 55 44 55 44 55 44
//# bytes: .b = 00 00 00 90 01 00 00 00 90 00 00 00 90
//# bytes: .c = 02 aa aa 03 bb
    .text
    .globl start
start: ret
    .section .a, "a"
    .byte 1
    .section .c1, "a"
    .byte 2
    .section .c2, "a"
    .byte 3
