.globl _start
_start: .quad shared
.comm shared, 8, 8
