// Compressed jumps come only into objects that have compressed code themselves.
//# target: riscv32imac-unknown-none-elf
//# rustc: plain.s: -Ctarget-feature=-c,-zca
//# args: main.o plain.o -T link.x
//# compare: rust-lld
//# check: near == start + 2 + 2 && size(.plain) == 4 + 4 + 4
    .option relax
    .globl start, near
start:
    call near
    tail near
near:
    ret
