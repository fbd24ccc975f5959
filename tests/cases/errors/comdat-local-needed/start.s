.globl _start
_start: bl shared
.section .text.shared,"axG",%progbits,shared,comdat
.weak shared
shared: bx lr
