.globl _start
_start:
    .word counter(tlsdesc)
.section .tdata,"awT"
counter: .long 1
