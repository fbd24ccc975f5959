    .syntax unified
    .globl personality
    .type personality, %function
personality:
    bx lr
