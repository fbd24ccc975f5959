    .text
    .globl second
second:
    ldr r1, =.Lvalue
    ldr r0, [r1]
    movw r1, #:lower16:pointer
    movt r1, #:upper16:pointer
    ldr r1, [r1]
    ldr r1, [r1]
    add r0, r0, r1
    bx lr
    .data
    .long 0
pointer: .long .Llocal
.Lvalue: .long 10
    .section .rodata, "a"
    .long 0
.Llocal: .long 11
