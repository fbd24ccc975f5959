.globl _start
_start: bl rom
