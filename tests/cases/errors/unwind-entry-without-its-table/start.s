.syntax unified
.text
.globl _start
.type _start, %function
_start:
    .fnstart
    .personality handler
    bx lr
    .handlerdata
    .long 0
    .fnend
.globl handler
.type handler, %function
handler: bx lr
