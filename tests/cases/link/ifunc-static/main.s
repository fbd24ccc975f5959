// An IFUNC is called through a PLT entry whose slot the program fills itself, by the relocations
// between __rela_iplt_start and __rela_iplt_end; its address is that of the PLT entry everywhere.
//# target: x86_64-unknown-linux-musl
//# args: -static
//# run: 42
//# check: __rela_iplt_end - __rela_iplt_start == 24
//# check: u64(pointer) != chosen
    .globl _start
_start:
    leaq __rela_iplt_start(%rip), %rbx
    leaq __rela_iplt_end(%rip), %r12
1:  cmpq %r12, %rbx
    je 2f
    cmpl $37, 8(%rbx)
    jne bad
    movq 16(%rbx), %rax
    call *%rax
    movq (%rbx), %rcx
    movq %rax, (%rcx)
    addq $24, %rbx
    jmp 1b
2:  call which
    movl %eax, %ebp
    call *pointer(%rip)
    addl %eax, %ebp
    movq which@GOTPCREL(%rip), %rax
    cmpq %rax, pointer(%rip)
    jne bad
    call *%rax
    leal (%rbp,%rax), %edi
    jmp exit
bad:
    movl $1, %edi
exit:
    movl $60, %eax
    syscall
    .globl which
    .type which, @gnu_indirect_function
which:
    leaq chosen(%rip), %rax
    ret
    .globl chosen
chosen:
    movl $14, %eax
    ret
    .data
    .globl pointer
pointer: .quad which
