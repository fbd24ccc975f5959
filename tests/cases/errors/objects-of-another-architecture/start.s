.globl _start
_start:
    bl first
    bl second
