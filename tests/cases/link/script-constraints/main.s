// ONLY_IF_RO and ONLY_IF_RW choose a description by what the inputs are.
//# args: -T link.x
//# sections: .text .ro .rw
//# check: addr(.ro) == 0x2000 && addr(.rw) == 0x5000
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .const, "a"
    .quad 1
    .section .mixed1, "a"
    .quad 2
    .section .mixed2, "aw"
    .quad 3
