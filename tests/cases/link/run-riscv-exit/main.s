//# target: riscv64gc-unknown-linux-gnu, riscv32gc-unknown-linux-gnu
//# args: main.o -static
//# compare: rust-lld
//# run: 0
//# stdout: hello
    .globl _start
_start:
    li a7, 64
    li a0, 1
    lla a1, message
    li a2, 6
    ecall
    lui a1, %hi(counter)
    lw a0, %lo(counter)(a1)
    li a7, 93
    ecall
    .section .rodata.msg, "a"
message: .ascii "hello\n"
    .data
    .long 1
    .bss
    .balign 4
counter: .long 0
