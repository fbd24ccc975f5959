// Debug sections compressed with zlib are expanded and relocated, strings merged.
//# target: aarch64-unknown-none, riscv32imac-unknown-none-elf
//# rustc: -Cdebuginfo=0 -Zdebuginfo-compression=zlib
//# args: -T link.x
//# compare: rust-lld
//# bytes: .debug_own = 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 00 10 00 00
//# check: size(.debug_str) == 4001
    .text
    .globl start
start: .word 0x1234
    .section .debug_own, "", %progbits
    .zero 64, 65
    .4byte start
    .section .debug_str, "MS", %progbits, 1
    .zero 4000, 65
    .byte 0
    .zero 4000, 65
    .byte 0
