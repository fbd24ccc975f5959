.globl _start
_start: .short .data
.short 0
.data
value: .long 1
