// Pitfall: inputs of different flags in one section: code in data, strings among constants, data
// among zeros.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: flags(.data) == 7 && type(.data) == 1 && flags(.rodata) & 7 == 2 && type(.zero) == 1
//# string: text = abc
//# compare: rust-lld
//# differs: section .rodata - lld keeps the flags of strings although not all are
    .text
    .globl start
start: .long text
    .data
    .long 1
    .section .data.ramfunc, "ax"
    .long 2
    .section .rodata.plain, "a"
    .long 3
    .section .rodata.str, "aMS", %progbits, 1
    .globl text
text: .asciz "abc"
    .section .zero.a, "aw", %nobits
    .space 8
    .section .zero.b, "aw"
    .long 5
