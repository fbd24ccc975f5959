// IFUNCs of both states, called from both: IPLT entries are ARM code and change state by a load
// (since ARMv5T) or by `bx`.
//# target: armv4t-none-eabi, armv5te-none-eabi, armv7a-none-eabi
//# args: -T link.x
//# check: __rel_iplt_end - __rel_iplt_start == 16
//# run: 42
    .syntax unified
    .arm
    .globl _start
    .type _start, %function
_start:
    ldr r4, =__rel_iplt_start
    ldr r5, =__rel_iplt_end
1:  cmp r4, r5
    beq 2f
    ldr r6, [r4]
    ldr r1, [r6]
    mov lr, pc
    bx r1
    str r0, [r6]
    add r4, r4, #8
    b 1b
2:  mov r0, #0
    bl to_arm
    bl to_thumb
    bl from_thumb
    mov r7, #1
    svc #0
    .globl to_arm
    .type to_arm, %gnu_indirect_function
to_arm:
    ldr r0, =arm_code
    bx lr
    .globl to_thumb
    .type to_thumb, %gnu_indirect_function
to_thumb:
    ldr r0, =thumb_code
    bx lr
    .globl arm_code
    .type arm_code, %function
arm_code:
    add r0, r0, #1
    bx lr
    .ltorg
    .thumb
    .globl thumb_code
    .type thumb_code, %function
thumb_code:
    adds r0, #20
    bx lr
    .globl from_thumb
    .type from_thumb, %function
from_thumb:
    push {r4, lr}
    bl to_arm
    bl to_thumb
    pop {r4}
    pop {r1}
    bx r1
