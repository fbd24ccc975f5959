.globl _start
_start:
    bx lr
.long table
.data
.globl table
table: .long 1
.section .one,"aw"
.long in_two
.section .two,"aw"
in_two: .long _start
