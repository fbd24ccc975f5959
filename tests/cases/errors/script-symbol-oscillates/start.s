.globl _start
_start: bx lr
.data
.long 1
