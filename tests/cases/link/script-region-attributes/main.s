// Region attributes choose the region of sections without one: letters that must fit, `!` for those
// that must not; `>` beats them.
//# args: -T link.x
//# check: addr(.text) == 0x1000 && addr(.rodata) == 0x3000 && addr(.data) == 0x4000
//# check: addr(.placed) == 0x5000 && addr(.bss) == 0x4008
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .rodata, "a"
    .quad 1
    .data
    .quad 2
    .section .placed, "aw"
    .quad 3
    .bss
    .quad 0
