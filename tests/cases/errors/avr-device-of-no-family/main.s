.section .vectors,"ax"
.globl __vectors
__vectors: rjmp main
.text
.globl main
main: rjmp main
