.globl _start
_start: .long buffer
.bss
buffer: .space 0xf0000000
