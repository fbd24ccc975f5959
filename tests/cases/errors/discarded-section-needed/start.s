.globl _start
.type _start, %function
_start:
    .long table
.size _start, 4
.section .rodata.table,"a"
.globl table
table: .long 1
