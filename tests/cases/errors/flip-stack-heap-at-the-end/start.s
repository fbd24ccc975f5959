.globl _start
_start: .long _stack_start, __sheap
.bss
.space 0x100
