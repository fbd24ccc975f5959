.globl _start
_start: call helper
