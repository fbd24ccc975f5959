    .text
    .globl _start
_start: ret
    .section .rodata, "a"
    .quad _start
