.syntax unified
.globl _start
_start:
    .short far
.section .far,"ax",%progbits
.globl far
far:
    bx lr
