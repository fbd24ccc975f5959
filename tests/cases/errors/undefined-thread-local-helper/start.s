.syntax unified
.globl _start
.thumb_func
_start:
    bl __tls_get_addr
    bx lr
.balign 4
.long value(tlsgd)
.section .tbss,"awT",%nobits
value: .space 4
