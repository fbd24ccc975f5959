// A short branch cannot change the instruction set.
//# target: armv7a-none-eabi
//# args: -T link.x
//# expect-error: relocation `R_ARM_THM_JUMP11` cannot switch to the instruction set of `arm`
    .syntax unified
    .text
    .thumb
    .globl start
    .type start, %function
start:
    .reloc ., R_ARM_THM_JUMP11, arm
    .short 0xe7fe
    .arm
    .globl arm
    .type arm, %function
arm:
    bx lr
