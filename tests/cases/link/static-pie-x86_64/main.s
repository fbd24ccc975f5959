// A program that relocates itself: every word that holds an address has a RELATIVE relocation,
// found through _DYNAMIC.
//# target: x86_64-unknown-linux-musl
//# args: -static -pie --no-dynamic-linker -z relro
//# run: 0
//# check: e_type == 3
//# compare: rust-lld
//# differs: segments - dynamic sections are laid out differently
//# differs: addresses - the dynamic symbol tables that nobody reads are left out
//# differs: section .dynsym - see above
//# differs: section .gnu.hash - see above
//# differs: section .hash - see above
//# differs: section .dynstr - see above
//# differs: section .dynamic - see above
//# differs: symbol __ehdr_start - absolute, for it is in no section
//# differs: section .relro_padding - the padding needs no section of its own
    .hidden _DYNAMIC
    .globl _start
_start:
    leaq __ehdr_start(%rip), %rbx
    leaq _DYNAMIC(%rip), %rsi
    xorl %r12d, %r12d
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
3:  cmpq %r13, %r12
    jae 4f
    cmpl $8, 8(%r12)
    jne bad
    movq (%r12), %rcx
    movq 16(%r12), %rax
    addq %rbx, %rax
    movq %rax, (%rcx,%rbx)
    addq $24, %r12
    jmp 3b
4:  leaq value(%rip), %rax
    cmpq %rax, pointer(%rip)
    jne bad
    addq $4, %rax
    cmpq %rax, inside(%rip)
    jne bad
    movq absolute_word(%rip), %rax
    cmpq $0x1234, %rax
    jne bad
    movq nowhere@GOTPCREL(%rip), %rax
    testq %rax, %rax
    jne bad
    movq __start_set@GOTPCREL(%rip), %rax
    cmpq %rax, set_pointer(%rip)
    jne bad
    leaq first(%rip), %rcx
    cmpq %rax, %rcx
    jne bad
    xorl %edi, %edi
    jmp exit
bad:
    movl $1, %edi
exit:
    movl $60, %eax
    syscall
    .weak nowhere
    .globl absolute_value
    .set absolute_value, 0x1234
    .data
    .globl value
value: .quad 5
pointer: .quad value
inside: .quad .data + 4
absolute_word: .quad absolute_value
set_pointer: .quad __start_set
    .section set, "aw"
first: .quad 9
