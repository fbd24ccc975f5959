.section .text.other,"ax"
.globl other
other:
    ret
