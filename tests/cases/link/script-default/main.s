// `-dT` is the layout where there is no `-T`.
//# args: -dT link.x
//# shows: -dT link.x
//# check: addr(.text) == 0x7000
//# compare: rust-lld
    .text
    .globl start
start: ret
