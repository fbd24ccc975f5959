    .section .text.start, "ax"
    .globl _start
_start:
    movl table(%rip), %eax
    call helper
    .section .text.helper, "ax"
    .globl helper
helper: ret
    .section .rodata.str, "aMS", @progbits, 1
s:  .asciz "abc"
    .section .data.table, "aw"
    .globl table
    .p2align 4
table: .quad helper
    .quad s
    .section .init_array.10, "aw", @init_array
    .quad helper
    .section .tdata, "awT"
    .long 1
    .section .bss.x, "aw", @nobits
    .space 24
    .section .note.n, "a", @note
    .long 4, 4, 1
    .asciz "xyz"
    .long 7
    .section .comment, "MS", @progbits, 1
    .asciz "c"
    .comm shared, 16, 8
