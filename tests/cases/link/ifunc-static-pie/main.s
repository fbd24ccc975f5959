// A program that relocates itself finds the IRELATIVE relocations among all others, in its dynamic section. For the C
// library's start-up of fixed images, which looks between __rela_iplt_start and __rela_iplt_end, there are none: it would
// call resolvers that are not relocated yet (glibc's `csu/libc-start.c`).
//# target: x86_64-unknown-linux-musl
//# args: -static -pie --no-dynamic-linker
//# run: 42
//# check: __rela_iplt_end == __rela_iplt_start
    .hidden _DYNAMIC
    .globl _start
_start:
    leaq __rela_iplt_start(%rip), %rax
    leaq __rela_iplt_end(%rip), %rcx
    cmpq %rax, %rcx
    jne bad
    leaq __ehdr_start(%rip), %rbx
    leaq _DYNAMIC(%rip), %rsi
1:  movq (%rsi), %rax
    testq %rax, %rax
    je 2f
    cmpq $7, %rax
    cmoveq 8(%rsi), %r12
    cmpq $8, %rax
    cmoveq 8(%rsi), %r13
    addq $16, %rsi
    jmp 1b
2:  addq %rbx, %r12
    addq %r12, %r13
    xorl %ebp, %ebp
3:  cmpq %r13, %r12
    jae 5f
    movq (%r12), %r14
    movq 16(%r12), %rax
    addq %rbx, %rax
    cmpl $8, 8(%r12)
    je 4f
    cmpl $37, 8(%r12)
    jne bad
    incl %ebp
    call *%rax
4:  movq %rax, (%r14,%rbx)
    addq $24, %r12
    jmp 3b
5:  cmpl $1, %ebp
    jne bad
    call which
    movl %eax, %ebp
    call *pointer(%rip)
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
    movl $21, %eax
    ret
    .data
    .globl pointer
pointer: .quad which
