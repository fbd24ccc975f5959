    .eabi_attribute 18, 2
    .text
    bx lr
