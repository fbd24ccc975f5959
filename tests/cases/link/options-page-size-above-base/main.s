// Pages that are larger than the usual image base: the image begins at such a page, and its headers are in it.
//# target: x86_64-unknown-linux-musl
//# args: -static -z max-page-size=0x1000000
//# shows: -z max-page-size=0x1000000
//# run: 42
//# check: __ehdr_start == 0x1000000
    .globl _start
_start:
    movl $1, %edi
    cmpl $0x464c457f, __ehdr_start(%rip)
    jne 1f
    movl $42, %edi
1:  movl $60, %eax
    syscall
    .section .rodata, "a"
    .long 1
