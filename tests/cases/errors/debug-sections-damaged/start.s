.globl _start
_start: ret
.section .debug_own, "0x800", %progbits
.4byte 7, 0
.8byte 4, 1
.4byte 0
