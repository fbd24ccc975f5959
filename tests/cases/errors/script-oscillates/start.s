.globl _start
_start:
    bx lr
.data
.long 1
.section .late,"aw"
.long 2
