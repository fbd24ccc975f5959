// .init_array runs by priority, then in input order; bounds are provided.
//# target: x86_64-unknown-linux-musl
//# args: -static
//# run: 123
    .globl _start
_start:
    leaq __init_array_start(%rip), %rbx
    leaq __init_array_end(%rip), %r12
    xorl %ebp, %ebp
1:  cmpq %r12, %rbx
    jae 2f
    imull $10, %ebp
    addl (%rbx), %ebp
    addq $8, %rbx
    jmp 1b
2:  movl %ebp, %edi
    movl $60, %eax
    syscall
    .section .init_array, "aw", @init_array
    .quad 3
    .section .init_array.200, "aw", @init_array
    .quad 2
    .section .init_array.100, "aw", @init_array
    .quad 1
