.eabi_attribute 28, 0
.globl helper
.thumb_func
helper: bx lr
