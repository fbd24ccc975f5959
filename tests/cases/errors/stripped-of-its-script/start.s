.globl _start
_start:
    ldr r0, =_sidata
    ldr r1, =__sbss
    bx lr
