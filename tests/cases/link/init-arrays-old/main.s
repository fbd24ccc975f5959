// Old compilers list initialisers in .ctors and finalisers in .dtors. Without a script these are in the arrays of today,
// in GNU ld's order: by priority, which .ctors.N counts down from 65535, then those without one as they come.
//# target: x86_64-unknown-linux-musl
//# args: -static --gc-sections
//# check: type(.init_array) == 14 && type(.fini_array) == 15
//# check: size(.init_array) == 40 && size(.fini_array) == 8
//# check: u64(addr(.fini_array)) == 9
//# no-section: .ctors
//# no-section: .dtors
//# run: 66
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
// 12354 is 66 in a byte.
2:  movl %ebp, %edi
    movl $60, %eax
    syscall
    .section .ctors, "aw"
    .quad 5
    .section .init_array, "aw", @init_array
    .quad 4
    .section .ctors.65435, "aw"
    .quad 1
    .section .ctors.00535, "aw"
    .quad 3
    .section .init_array.200, "aw", @init_array
    .quad 2
    .section .dtors, "aw"
    .quad 9
