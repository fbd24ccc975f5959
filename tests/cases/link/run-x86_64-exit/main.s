// The smallest program, with the default layout.
//# target: x86_64-unknown-linux-musl
//# args: main.o -static
//# compare: rust-lld
//# run: 0
//# stdout: hello
    .globl _start
_start:
    movl $1, %eax
    movl $1, %edi
    leaq message(%rip), %rsi
    movl $6, %edx
    syscall
    movl counter(%rip), %edi
    movl $60, %eax
    syscall
    .section .rodata.msg, "a"
message: .ascii "hello\n"
    .data
    .long 1
    .bss
counter: .long 0
