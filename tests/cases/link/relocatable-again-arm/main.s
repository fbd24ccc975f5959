// REL: what a reference to a section lacks after -r stands in the instructions and words.
//# target: armv7-unknown-linux-gnueabihf
//# first: joined.o = -r second.o third.o
//# args: main.o joined.o -static
//# compare: rust-lld
//# run: 42
    .globl _start
_start:
    bl second
    bl third
    mov r7, #1
    svc #0
