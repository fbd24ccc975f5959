// -z separate-code: code has pages of its own, in the file as in memory.
//# args: -e start -z separate-code
//# shows: -z separate-code
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .rodata, "a"
    .quad start
    .data
    .quad start
