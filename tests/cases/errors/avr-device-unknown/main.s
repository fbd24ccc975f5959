.section .vectors,"ax"
.globl __vectors
__vectors:
    rjmp __vectors
