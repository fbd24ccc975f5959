//# target: aarch64-unknown-linux-gnu
//# first: joined.o = -r second.o third.o
//# args: main.o joined.o -static
//# compare: rust-lld
//# run: 42
    .globl _start
_start:
    bl second
    mov x8, #93
    svc #0
