.globl _start
_start: ret
.data
.balign 8
.quad 1
