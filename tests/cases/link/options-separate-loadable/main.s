// -z separate-loadable-segments: each segment has pages of its own, in the file as in memory.
//# args: -e start -z separate-loadable-segments
//# shows: -z separate-loadable-segments
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .rodata, "a"
    .quad start
    .data
    .quad start
