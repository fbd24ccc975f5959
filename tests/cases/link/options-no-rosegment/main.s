// --no-rosegment: one segment for code and read-only data.
//# target: x86_64-unknown-linux-musl
//# args: main.o -static --no-rosegment
//# shows: --no-rosegment
//# compare: rust-lld
//# run: 0
//# segments: PHDR r--, LOAD r-x, LOAD rw-, STACK rw-
    .globl _start
_start:
    movl counter(%rip), %edi
    subl message(%rip), %edi
    movl $60, %eax
    syscall
    .section .rodata, "a"
message: .long 7
    .data
counter: .long 7
