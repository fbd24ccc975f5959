// Relaxation and its paired relocations survive -r.
//# target: riscv64gc-unknown-linux-gnu, riscv32gc-unknown-linux-gnu
//# first: joined.o = -r second.o third.o
//# args: main.o joined.o -static
//# compare: rust-lld
//# differs: contents .text - the gap behind a `ret` is no code here
//# run: 42
    .globl _start
_start:
    call second
    call third
    li a7, 93
    ecall
