.globl _start
_start:
    bx lr
.section .rodata,"a"
.space 300
