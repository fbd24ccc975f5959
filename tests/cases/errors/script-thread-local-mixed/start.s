.globl _start
_start:
    bx lr
.data
.long 1
.section .tdata,"awT"
.long 2
