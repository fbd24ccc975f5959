// With --gc-sections strings and constants that nothing refers to are left out one by one, also
// when others of their section are needed; sections that are kept as a whole stay whole.
//# target: aarch64-unknown-none, thumbv7m-none-eabi, riscv32imac-unknown-none-elf, x86_64-unknown-none
//# args: -T link.x --gc-sections
//# compare: rust-lld
//# differs: contents .strings - the order of merged strings is free
//# differs: contents .data - pointers to them
//# differs: symbol used - a merged string
//# differs: symbol section_start - a merged string
//# differs: section .kept - lld drops all but the first string, KEEP or not
//# differs: segments - .kept is in the last one
//# check: size(.strings) == 11
//# string: used = used
//# string: section_start = inner
//# check: size(.kept) == 12
//# check: u32(pointer) == used & 0xffffffff
//# check: size(.constants) == 8

    .section .text.start, "ax"
    .globl start
start:
    .long 0
    .section .data.pointer, "aw"
    .globl pointer
    .balign 8
pointer:
    .long used
    .long constant
    .long section_start

    .section .strings.a, "aMS", %progbits, 1
    .asciz "dropped"
    .globl used
used:
    .asciz "used"
    .asciz "also dropped"
    .globl section_start
section_start:
    .asciz "inner"
    .byte 0

    .section .kept.b, "aMS", %progbits, 1
    .asciz "whole"
    .asciz "stays"

    .section .constants, "aM", %progbits, 8
    .quad 1
    .globl constant
constant:
    .quad 2
