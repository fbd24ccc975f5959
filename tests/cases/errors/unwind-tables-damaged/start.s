.globl _start
_start: ret
.section .eh_frame,"a",%progbits
.4byte 0xff
