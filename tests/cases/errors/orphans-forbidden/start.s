.globl _start
_start: nop
.section .extra,"a"
.long 1
