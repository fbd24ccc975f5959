.globl _start
_start: .long _stack_start
.bss
.space 0x100
.section .log,"aw",%nobits
.space 16
