// A static program without a script has PT_GNU_RELRO: here it does what C libraries do with it, and writes to what follows.
//# target: x86_64-unknown-linux-musl
//# args: -static
//# run: 42
//# compare: rust-lld
//# differs: segments - rust-lld has a section for the rest of the page
//# differs: section .relro_padding - the same
//# segments: PHDR r--, LOAD r--, LOAD r-x, LOAD rw-, LOAD rw-, TLS r--, RELRO r--, STACK rw-
    .section .rodata, "a"
    .quad 0
    .text
    .globl _start
_start:
    leaq __ehdr_start(%rip), %rbx
    movzwl 56(%rbx), %ecx
    addq 32(%rbx), %rbx
1:  cmpl $0x6474e552, (%rbx)
    je 2f
    addq $56, %rbx
    loop 1b
    jmp bad
2:  movq 16(%rbx), %rdi
    movq 40(%rbx), %rsi
    leaq (%rdi,%rsi), %rax
    testq $0xfff, %rax
    jne bad
    andq $-0x1000, %rdi
    subq %rdi, %rax
    movq %rax, %rsi
    movl $1, %edx
    movl $10, %eax
    syscall
    testq %rax, %rax
    jne bad
    movq constant(%rip), %rax
    movl $42, (%rax)
    movl variable(%rip), %edi
    jmp exit
bad:
    movl $1, %edi
exit:
    movl $60, %eax
    syscall
    .section .tdata, "awT"
    .quad 7
    .section .tbss, "awT", @nobits
    .zero 0x3000
    .section .init_array, "aw", @init_array
    .quad _start
    .section .data.rel.ro, "aw"
    .globl constant
constant: .quad variable
    .data
    .globl variable
variable: .long 0
