.globl _start
_start: .long _stack_start
.bss
.space 0x20
