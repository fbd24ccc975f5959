.section .text.main,"ax"
.globl main
main:
    call #__mspabi_mpyll
    ret
