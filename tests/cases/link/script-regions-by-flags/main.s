// Sections without `>` go to the region whose attributes fit.
//# args: -T link.x
//# check: addr(.text) == 0x1000 && addr(.rodata) == 0x1008 && addr(.data) == 0x20000 && addr(.bss) == 0x20008
//# compare: rust-lld
    .text
    .globl start
start: .quad 0
    .section .rodata, "a"
    .quad 1
    .data
    .quad 2
    .bss
    .quad 0
