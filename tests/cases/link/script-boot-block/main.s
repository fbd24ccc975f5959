// Pitfall: the ELF headers are in no segment unless the script leaves room for them, so that they
// cannot lie over a boot block in front of the code.
//# target: thumbv6m-none-eabi
//# args: -T link.x
//# check: addr(.boot2) == 0x10000000 && addr(.text) == 0x10000100 && load(.text) == 0x10000100
//# segments: LOAD r--, LOAD r-x, STACK rw-
//# compare: rust-lld
    .section .boot2, "a"
    .space 256, 0xb2
    .text
    .globl start
start: .long 1
