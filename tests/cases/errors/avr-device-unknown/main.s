.section .vectors,"ax"
.globl __vectors
__vectors:
    call __mulsi3
