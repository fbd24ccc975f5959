.globl _start
_start:
    bx lr
.section .a,"aw"
.long 1, 2
.section .b,"aw"
.long 3
