    .section .text.helper, "ax"
    .globl helper
helper:
    .long 0
