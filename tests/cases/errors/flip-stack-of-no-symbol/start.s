.globl _start
_start: .long 0
