    .text
    .globl second
second:
    leaq own(%rip), %rcx
    movl (%rcx), %eax
    addl own+4(%rip), %eax
    movq pointer(%rip), %rcx
    addl (%rcx), %eax
    ret
    .data
    .long 0
own: .long 10, 10
    .balign 8
pointer: .quad .Llocal
    .section .rodata, "a"
    .long 0
.Llocal: .long 11
    .section .debug_str, "MS", %progbits, 1
    .asciz "said twice"
