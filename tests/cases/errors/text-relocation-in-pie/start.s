.globl _start
.type _start, %function
_start:
    movz x0, #:abs_g0_nc:table
    .long table
.size _start, 8
.data
table: .quad 0
