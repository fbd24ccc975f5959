// PROVIDE_HIDDEN and HIDDEN: local symbols of the image; chains through symbols of scripts further
// down; what an object defines or nobody refers to is left alone.
//# args: -T link.x
//# check: u64(table) == 0x33 && u64(table + 8) == own && u64(table + 16) == 0x77
//# check: visibility(one) == 2 && bind(one) == 0 && visibility(h) == 2 && bind(h) == 0
//# check: visibility(two) == 2 && two == 0x22 && bind(own) == 1
//# absent: nobody
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .globl table, own
table:
    .quad one
    .quad own
own: .quad h
