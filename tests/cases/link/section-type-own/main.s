// Types of one system or one program are linked like others, as with rust-lld.
//# target: x86_64-unknown-none
//# args: -T link.x
//# check: type(.os) == 0x60000005 && u32(addr(.os)) == 5
//# compare: rust-lld
    .globl start
start: ret
    .section .os, "a", @0x60000005
    .long 5
    .section .program, "", @0x80000001
    .long 6
