.globl _start
_start: bx lr
