// Without `--flip-stack` a stack that grows too far overwrites statics, and nobody notices: the
// program of `flip-stack-overflow` finds its canary changed and ends with 1.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# machine: arm -M lm3s6965evb
//# run: 1
    .syntax unified
    .section .vectors, "a"
    .long _stack_start
    .long reset
    .long fault
    .long fault

    .text
    .globl reset
    .type reset, %function
    .thumb_func
reset:
    ldr r5, =canary
    ldr r6, =0x600dcafe
    str r6, [r5]
    // 62 KiB: more than is free, less than all of RAM.
    ldr r4, =7936
    bl dive
    ldr r0, [r5]
    movs r1, #0
    cmp r0, r6
    beq leave
    movs r1, #1
leave:
    ldr r0, =block
    ldr r2, =0x20026
    str r2, [r0]
    str r1, [r0, #4]
    mov r1, r0
    movs r0, #0x20
    bkpt 0xab
    b .

    .type dive, %function
    .thumb_func
dive:
    push {r4, lr}
    subs r4, #1
    beq 1f
    bl dive
1:  pop {r4, pc}

    .type fault, %function
    .thumb_func
fault:
    ldr r0, =_stack_start
    mov sp, r0
    movs r1, #3
    b leave
    .pool

    .bss
block:
    .space 8
    .space 0xfe8
canary:
    .long 0
