// PHDRS: sections name their segments, several at once, NONE, flags, AT, FILEHDR.
//# target: x86_64-unknown-linux-musl
//# args: -T link.x
//# segments: PHDR r--, LOAD r-x, LOAD rw-, NOTE r--
//# check: load(.data) == 0x10000
//# run: 0
//# compare: rust-lld
    .globl start
start:
    xorl %edi, %edi
    movl $60, %eax
    syscall
    .section .note.x, "a", @note
    .long 4, 0, 1
    .asciz "abc"
    .data
    .quad start
