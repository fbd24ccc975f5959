.syntax unified
.text
.globl _start
.type _start, %function
_start:
    .fnstart
    bx lr
    .cantunwind
    .fnend
