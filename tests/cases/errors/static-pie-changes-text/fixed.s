    .text
    .globl _start
_start: ret
    .section .data.rel.ro, "aw"
    .quad _start
