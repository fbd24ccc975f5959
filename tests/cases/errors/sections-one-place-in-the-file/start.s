.globl _start
_start: nop
.data
.long 1
