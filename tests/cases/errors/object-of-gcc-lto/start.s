.globl _start
_start:
    bl helper
