.syntax unified
.globl _start
.type _start, %function
_start: bx lr
