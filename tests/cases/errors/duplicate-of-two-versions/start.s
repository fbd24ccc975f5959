.globl _start
_start:
    bl driver_init
    bl old_name
    bl new_name
