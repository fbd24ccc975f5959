.globl _start
_start:
    bx lr
.section .fast,"ax"
nop
