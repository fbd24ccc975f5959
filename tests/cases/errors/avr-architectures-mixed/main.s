.section .text.main,"ax"
.globl main
main:
    call other
    ret
