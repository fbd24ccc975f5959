// Cores from ARMv4T to ARMv7 call and jump between ARM and Thumb code, near and far. BL becomes BLX
// where the core has it; ARMv4T goes through `bx` everywhere. The program counts its steps.
//# target: armv4t-none-eabi, thumbv4t-none-eabi, armv5te-none-eabi, thumbv5te-none-eabi, armv6-none-eabi, armv7a-none-eabi, thumbv7a-none-eabi
//# args: -T link.x
//# run: 127
    .syntax unified
    .arm
    .globl _start
    .type _start, %function
_start:
    mov r0, #0
    bl arm_near
    bl thumb_near
    bl arm_far
    bl thumb_far
    bl nowhere
    .weak nowhere
    mov r7, #1
    svc #0
    .globl arm_near
    .type arm_near, %function
arm_near:
    add r0, r0, #1
    bx lr
    .thumb
    .globl thumb_near
    .type thumb_near, %function
thumb_near:
    push {r4, lr}
    adds r0, #2
    bl nowhere
    bl arm_leaf
    bl thumb_leaf
    pop {r4}
    pop {r1}
    bx r1
    .globl thumb_leaf
    .type thumb_leaf, %function
thumb_leaf:
    adds r0, #4
    bx lr
    .arm
    .globl arm_leaf
    .type arm_leaf, %function
arm_leaf:
    add r0, r0, #8
    bx lr
    .section .far, "ax", %progbits
    .arm
    .globl arm_far
    .type arm_far, %function
arm_far:
    add r0, r0, #16
    b thumb_back
    .thumb
    .globl thumb_far
    .type thumb_far, %function
thumb_far:
    push {r4, lr}
    adds r0, #32
    bl arm_back
    pop {r4}
    pop {r1}
    bx r1
    .text
    .arm
    .globl arm_back
    .type arm_back, %function
arm_back:
    add r0, r0, #30
    bx lr
    .thumb
    .globl thumb_back
    .type thumb_back, %function
thumb_back:
    adds r0, #34
    bx lr
