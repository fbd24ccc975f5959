// `.dynamic` has room for all that it may have to say: with INIT, FINI and the three arrays it was too small for its
// DT_NULL. And it says where its tables are, whatever a script calls them.
//# target: x86_64-unknown-linux-musl
//# args: -T link.x -static -pie --no-dynamic-linker -z now
//# run: 0
//# check: type(.table) == 6 && type(.names) == 11
//# check: u64(addr(.table) + size(.table) - 16) == 0 && u64(addr(.table) + size(.table) - 8) == 0
//# sections: .headers .names .strings .buckets .rela.dyn .text .first .second .third .table .data
//# check: u32(addr(.buckets)) == 1
//# check: link(.table) == index(.strings) && link(.names) == index(.strings)
//# check: link(.buckets) == index(.names) && link(.rela.dyn) == index(.names)
    .globl _start
_start:
    leaq _DYNAMIC(%rip), %rsi
    xorl %edi, %edi             // a bit for each tag below 64
1:  movq (%rsi), %rcx
    testq %rcx, %rcx
    je 2f
    movl $1, %eax
    shlq %cl, %rax
    cmpq $64, %rcx
    jae 3f
    orq %rax, %rdi
3:  addq $16, %rsi
    jmp 1b
2:  // HASH, STRTAB, SYMTAB, RELA, RELASZ, RELAENT, STRSZ, SYMENT, INIT, FINI, both arrays and their sizes,
    // FLAGS, PREINIT_ARRAY and its size
    movabsq $0x35e003ff0, %rax
    xorq %rax, %rdi
    setne %dil
    movzbl %dil, %edi
    movl $60, %eax
    syscall

    .globl _init, _fini
    .type _init, @function
_init: ret
    .type _fini, @function
_fini: ret

    .section .preinit_array, "aw", @preinit_array
    .quad _init
    .section .init_array, "aw", @init_array
    .quad _init
    .section .fini_array, "aw", @fini_array
    .quad _fini
    .data
    .globl pointer
pointer: .quad pointer
