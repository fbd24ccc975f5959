.globl _start
_start:
    bl main
.globl main
main:
    bx lr
