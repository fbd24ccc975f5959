// The older order of big-endian programs, before ARMv6: instructions are big-endian, too.
//# target: armebv7r-none-eabi
//# args: main.o -T link.x
//# check: u32(value) == word && u16(word + 2) == 5 && exidx(_start) == _start
//# check: u32(_start) == 0xe3a00000
//# run: 73
    .eabi_attribute 6, 4
    .syntax unified
    .arm
    .globl _start
    .type _start, %function
_start:
    .fnstart
    mov r0, #0
    bl arm_near
    blx thumb_near
    bl arm_far
    bl thumb_far
    ldr r1, =value
    ldr r1, [r1]
    ldrh r2, [r1, #2]
    add r0, r0, r2
    ldr r1, got
here:
    add r1, pc, r1
    ldr r1, [r1]
    ldrh r2, [r1, #2]
    add r0, r0, r2
    mov r7, #1
    svc #0
got:
    .word word(GOT_PREL) - (here + 8 - got)
    .ltorg
    .fnend
    .globl arm_near
    .type arm_near, %function
arm_near:
    add r0, r0, #1
    bx lr
    .thumb
    .globl thumb_near
    .type thumb_near, %function
thumb_near:
    adds r0, #2
    bx lr
    .section .far, "ax", %progbits
    .arm
    .globl arm_far
    .type arm_far, %function
arm_far:
    add r0, r0, #4
    b thumb_back
    .thumb
    .globl thumb_far
    .type thumb_far, %function
thumb_far:
    push {r4, lr}
    adds r0, #8
    bl arm_back
    pop {r4, pc}
    .text
    .arm
    .globl arm_back
    .type arm_back, %function
arm_back:
    add r0, r0, #16
    bx lr
    .thumb
    .globl thumb_back
    .type thumb_back, %function
thumb_back:
    adds r0, #32
    bx lr
    .data
    .globl value, word
value: .word word
word: .short 1
    .short 5
