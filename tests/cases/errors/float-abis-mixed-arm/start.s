.eabi_attribute 28, 1
.globl _start
_start:
    bl helper
