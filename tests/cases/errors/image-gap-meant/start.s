.globl _start
_start: nop
.section .second,"a"
.long 1
