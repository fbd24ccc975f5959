.globl helper
helper: bx lr
