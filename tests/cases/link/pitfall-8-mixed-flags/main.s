// Flags of mixed inputs: a function in .data makes it executable and leaves it writable, constants
// that may be merged and others share .rodata without its being mergeable, RAM code that compilers
// mark as mergeable data or as writable keeps working.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: flags(.data) == 7 && flags(.rwtext) == 7 && type(.data) == 1
//# check: flags(.rodata) & 7 == 2 && size(.rodata) >= 12
//# check: in_ram & 1 == 1 && in_ram > 0x20000000
//# string: word = same
//# compare: rust-lld
//# differs: section .rodata - rust-lld marks merged contents, which nobody reads
    .syntax unified
    .thumb
    .section .data.code, "awx"
    .globl in_ram
    .type in_ram, %function
    .thumb_func
in_ram: bx lr
    nop
    .data
    .long in_ram
    .section .rwtext.a, "ax"
    bx lr
    nop
    .section .rwtext.b, "aw"
    .long 5
    .section .rodata.str, "aMS", %progbits, 1
    .globl word
word: .asciz "same"
    .section .rodata.cst4, "aM", %progbits, 4
    .long 7
    .section .rodata.plain, "a"
    .p2align 2
    .long word
