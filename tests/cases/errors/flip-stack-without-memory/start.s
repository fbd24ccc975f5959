.globl _start
_start: .long _stack_start
