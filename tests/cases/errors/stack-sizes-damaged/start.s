.globl _start
.type _start, %function
_start:
    .long other
other:
    .long 0
.section .stack_sizes, "o", %progbits, .text
.long _start
.byte 16
.long other
.byte 0x80, 0x80
