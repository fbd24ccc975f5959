// A script among the inputs, without `-T`: it adds to the layout that there is.
//# args: main.o extra.ld -T link.x
//# check: from_implicit == 0x55 && u32(in_b) == 9 && addr(.text) == 0x1000
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .quad in_b, from_implicit
