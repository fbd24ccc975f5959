// An import library for another place, and one that is none.
//# target: thumbv8m.main-none-eabi
//# args: main.o -T link.x --gc-sections --cmse-implib --in-implib secure.o --out-implib=new.o
//# shows: --in-implib secure.o
//# expect-error: `.gnu.sgstubs` is at 0x10010000, but the import library's functions begin at 0x10010020
//# expect-error: place it there
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
