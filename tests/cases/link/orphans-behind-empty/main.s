// `rodata_end` stays with its section although another one, which turned out empty, stands between
// the two: the orphan goes behind it.
//# target: aarch64-unknown-none, riscv64gc-unknown-none-elf
//# args: -T link.x
//# check: rodata_end == addr(.rodata) + 8 && text_end == rodata_end
//# check: addr(extra) == rodata_end
//# sections: .text .rodata extra .data
//# compare: rust-lld
    .section .text, "ax"
    .globl _start
_start:
    .quad 0
    .section .rodata, "a"
    .quad 1
    .section extra, "a"
    .quad 2
    .section .data, "aw"
    .quad 3
