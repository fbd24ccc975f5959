// -O0 merges no strings.
//# args: -T link.x -e start -O0
//# shows: -O0
//# compare: rust-lld
//# check: size(.rodata) == 8
    .text
    .globl start
start: .quad 1
    .section .rodata.str, "aMS", %progbits, 1
    .asciz "abc"
    .asciz "abc"
