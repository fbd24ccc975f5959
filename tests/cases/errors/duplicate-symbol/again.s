.section .text.again,"ax",%progbits
.globl main
.type main, %function
main:
    bx lr
.size main, . - main
