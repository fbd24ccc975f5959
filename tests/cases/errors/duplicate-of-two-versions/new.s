.globl driver_init, new_name
driver_init: bx lr
new_name: bx lr
