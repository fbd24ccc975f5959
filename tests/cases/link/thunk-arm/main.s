// ARM and Thumb code call each other near (BLX) and far (thunks), and jump (which needs a thunk
// even when near); the program counts its steps.
//# target: armv7-unknown-linux-gnueabihf
//# args: -static -T link.x
//# run: 31
    .arm
    .globl _start
    .type _start, %function
_start:
    mov r0, #0
    bl thumb_near
    bl arm_far
    bl thumb_far
    mov r7, #1
    svc #0
    .thumb
    .globl thumb_near
    .type thumb_near, %function
    .thumb_func
thumb_near:
    adds r0, #1
    b.w arm_jumped
    .arm
    .globl arm_jumped
    .type arm_jumped, %function
arm_jumped:
    add r0, r0, #2
    bx lr
    .section .far, "ax", %progbits
    .arm
    .globl arm_far
    .type arm_far, %function
arm_far:
    add r0, r0, #4
    bx lr
    .thumb
    .globl thumb_far
    .type thumb_far, %function
    .thumb_func
thumb_far:
    push {lr}
    adds r0, #8
    bl arm_back
    pop {pc}
    .text
    .arm
    .globl arm_back
    .type arm_back, %function
arm_back:
    add r0, r0, #16
    bx lr
