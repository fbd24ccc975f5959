// Nothing is protected, and nothing is on pages of its own for that.
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
//# args: -static -z norelro
//# shows: -z norelro
//# compare: rust-lld
//# segments: PHDR r--, LOAD r--, LOAD r-x, LOAD rw-, STACK rw-
    .section .rodata, "a"
    .quad 0
    .text
    .globl _start
_start: .long 0
    .section .data.rel.ro, "aw"
    .globl constant
constant: .quad variable
    .data
    .globl variable
variable: .quad 0
