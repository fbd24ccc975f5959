// Pitfall: an INSERTed section follows in file order what has higher addresses.
//# target: thumbv6m-none-eabi
//# args: -T link.x -T boot.x
//# sections: .text .bss .boot2
//# check: addr(.boot2) == 0x10000000 && load(.boot2) == 0x10000000 && addr(.bss) == 0x20000000
//# segments: LOAD r-x, LOAD rw-, LOAD r--, STACK rw-
//# compare: rust-lld
    .section .boot2, "a"
    .space 256, 0xb2
    .text
    .globl start
start: .long 1
    .bss
    .space 8
