// Veneers stay where the import library of the image before has them: a new function comes after
// them, the place of one that is gone stays empty.
//# target: thumbv8m.main-none-eabi
//# args: main.o -T link.x --gc-sections --cmse-implib --in-implib secure.o
//# check: second == 0x10010001 && first == 0x10010011 && size(.gnu.sgstubs) == 32
//# check: own + 4 == __acle_se_own
//# check: u32(0x10010008) == 0xdeffdeff && u32(second & ~1) == 0xe97fe97f
//# expect-warning: the entry function `third` of the import library is not in this image
//# expect-warning: the entry function `last` of the import library is not in this image
//# expect-warning: the entry function `own` is new
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
