    .eabi_attribute 28, 0
    .text
    .globl other
    .thumb_func
other: bx lr
