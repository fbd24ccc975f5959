    # The PVH note: XEN_ELFNOTE_PHYS32_ENTRY.
    .section .note.pvh, "a", @note
    .p2align 2
    .long 4, 8, 18
    .asciz "Xen"
    .quad _start

    .section .tables, "aw", @nobits
    .p2align 12
pml4:   .skip 4096
pdpt:   .skip 4096
pd:     .skip 4096

    .section .boot, "awx", @progbits
    .code32
    .global _start
_start:
    cli
    cld
    # A gigabyte in pages of two megabytes, from zero and from the kernel's address.
    movl $pd, %edi
    movl $0x83, %eax
    movl $512, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    decl %ecx
    jnz 1b
    movl $pd + 3, pdpt
    movl $pd + 3, pdpt + 510 * 8
    movl $pdpt + 3, pml4
    movl $pdpt + 3, pml4 + 511 * 8
    movl $pml4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $long_mode

    .code64
long_mode:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movabsq $higher_half, %rax
    jmp *%rax

    .p2align 3
gdt:
    .quad 0, 0x00209a0000000000, 0x0000920000000000
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .section .text.higher_half, "ax", @progbits
higher_half:
    movq $stack_top, %rsp
    xorl %ebp, %ebp
    call kernel_main
    ud2

    .macro handler name, function, drop
    .section .text.\name, "ax", @progbits
    .global \name
\name:
    .if \drop
    addq $8, %rsp
    .endif
    pushq %rax; pushq %rcx; pushq %rdx; pushq %rsi; pushq %rdi
    pushq %r8; pushq %r9; pushq %r10; pushq %r11
    movq 72(%rsp), %rdi
    pushq %rbp
    movq %rsp, %rbp
    andq $-16, %rsp
    call \function
    movq %rbp, %rsp
    popq %rbp
    popq %r11; popq %r10; popq %r9; popq %r8
    popq %rdi; popq %rsi; popq %rdx; popq %rcx; popq %rax
    iretq
    .endm
    handler on_breakpoint, breakpoint, 0
    handler on_page_fault, page_fault, 1

    .section .bss.stack, "aw", @nobits
    .p2align 4
    .skip 65536
stack_top:
