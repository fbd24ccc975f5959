// TARGET1 is relative where asked, and BX is replaced for cores without it.
//# target: armv4t-none-eabi
//# args: -T link.x --target1-rel --fix-v4bx
//# shows: --fix-v4bx
//# shows: --target1-rel
//# check: u32(table) == (_start - table & 0xffffffff) && u32(_start) == 0xe1a0f00e
    .text
    .arm
    .globl _start
    .type _start, %function
_start:
    .reloc ., R_ARM_V4BX, _start
    bx lr
    .globl table
table:
    .word _start(TARGET1)
