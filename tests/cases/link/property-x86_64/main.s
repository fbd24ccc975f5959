// All objects are made for IBT, one is not for SHSTK: the image's note says IBT, and the entry through which an IFUNC is
// called may be the end of an indirect branch.
//# target: x86_64-unknown-linux-musl
//# args: -static
//# run: 42
//# sections: .note.gnu.property .rela.dyn .text .plt .got.plt
//# bytes: .note.gnu.property = 04 00 00 00 10 00 00 00 05 00 00 00 47 4e 55 00 02 00 00 c0 04 00 00 00 01 00 00 00 00 00 00 00
//# check: u32(addr(.plt)) == 0xfa1e0ff3
//# segments: PHDR r--, LOAD r--, LOAD r-x, LOAD rw-, STACK rw-, PROPERTY r--, NOTE r--
    .globl _start
_start:
    endbr64
    leaq __rela_iplt_start(%rip), %rbx
    call *16(%rbx)
    movq (%rbx), %rcx
    movq %rax, (%rcx)
    leaq which(%rip), %rax
    call *%rax
    movl %eax, %edi
    movl $60, %eax
    syscall
    .globl which
    .type which, @gnu_indirect_function
which:
    endbr64
    leaq chosen(%rip), %rax
    ret
    .section .note.gnu.property, "a", %note
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 3, 0
