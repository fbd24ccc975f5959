// 16-bit branches take no thunks.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# expect-error: relocation `R_ARM_THM_JUMP11` against `far` is out of range
//# expect-error: a 16-bit branch cannot use a thunk: write the 32-bit form
    .syntax unified
    .section .near, "ax", %progbits
    .globl start
    .type start, %function
start:
    .reloc ., R_ARM_THM_JUMP11, far
    .short 0xe7fe
    .section .far, "ax", %progbits
    .globl far
    .type far, %function
far:
    bx lr
