.globl _start
_start:
    bx lr
    .section .own, "a", %0x20
    .long 5
