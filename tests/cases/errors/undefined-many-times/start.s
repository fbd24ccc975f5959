.globl _start
_start:
.rept 20
bl missing_driver
.endr
