// Secure entry functions get gateway veneers (`sg; b.w`), their names mean these from outside, and
// secure code calls the functions directly. Functions with an `sg` of their own stay as they are.
//# target: thumbv8m.main-none-eabi, thumbv8m.base-none-eabi
//# args: main.o -T link.x --gc-sections --cmse-implib --out-implib=secure.o
//# check: first == 0x10010001 && second == 0x10010009 && size(.gnu.sgstubs) == 16
//# check: u32(first & ~1) == 0xe97fe97f && symsize(first) == 8 && kind(first) == 2
//# check: own + 4 == __acle_se_own
//# check: u16(reset & ~1) == 0xf000 && u16((reset & ~1) + 2) == 0xf801
//# compare: rust-lld
//# differs: section .gnu.sgstubs - lld leaves room for functions that need no veneer
//# differs: segments - for the same reason
//# differs: contents .text - gaps are filled with jumps over them, not with traps
    .syntax unified
    .section .text.reset, "ax", %progbits
    .globl reset
    .type reset, %function
reset:
    bl first
    bx lr
    .section .text.first, "ax", %progbits
    .globl first, __acle_se_first
    .type first, %function
    .type __acle_se_first, %function
first:
__acle_se_first:
    bxns lr
    .size first, . - first
    .size __acle_se_first, . - __acle_se_first
    .section .text.second, "ax", %progbits
    .globl second, __acle_se_second
    .type second, %function
    .type __acle_se_second, %function
second:
__acle_se_second:
    bxns lr
    .section .text.own, "ax", %progbits
    .globl own, __acle_se_own
    .type own, %function
    .type __acle_se_own, %function
own:
    sg
__acle_se_own:
    bxns lr
