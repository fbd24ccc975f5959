.globl driver_init, old_name
driver_init: bx lr
old_name: bx lr
