.text
.globl _start
_start:
    str x1, [sp, -16]!
    madd x0, x1, x2, x3
    ret
.section .after,"ax",%progbits
    ret
