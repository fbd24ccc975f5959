.syntax unified
.globl _start
_start:
    .short far
.section .far,"aw",%nobits
.globl far
far:
    .space 2
