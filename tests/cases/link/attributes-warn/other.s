    .eabi_attribute 18, 2
    .eabi_attribute 26, 2
    .text
    .globl other
    .thumb_func
other: bx lr
