// What -r makes links to the same program as what it was made of, and runs.
//# target: x86_64-unknown-linux-musl
//# first: joined.o = -r second.o third.o
//# args: main.o joined.o -static
//# compare: rust-lld
//# check: size(.debug_str) == 11
//# run: 42
    .globl _start
_start:
    call second
    addl third_value(%rip), %eax
    movl %eax, %edi
    movl $60, %eax
    syscall
