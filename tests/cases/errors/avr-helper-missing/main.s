.section .text.main,"ax"
.globl main
main:
    call __udivmodsi4
    ret
