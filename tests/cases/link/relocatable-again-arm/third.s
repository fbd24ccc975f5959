    .text
    nop
    .globl third
third:
    ldr r1, =.Lvalue
    ldr r1, [r1]
    add r0, r0, r1
    ldr r1, =.Llocal
    ldr r1, [r1]
    add r0, r0, r1
    bx lr
    .data
    .long 0, 0
.Lvalue: .long 9
    .section .rodata, "a"
    .long 0, 0
.Llocal: .long 12
