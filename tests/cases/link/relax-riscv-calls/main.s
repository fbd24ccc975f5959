// Marked calls take the shortest form that reaches: 2 bytes within 2 KiB, 4 within 1 MiB, 8 beyond,
// both ways and to the last byte. A section holds one call, so that its address does not depend on
// others.
//# target: riscv64gc-unknown-none-elf, riscv32imac-unknown-none-elf, riscv32i-unknown-none-elf
//# args: -T link.x
//# compare: rust-lld
//# check: size(.jal1) == 4 && size(.jal2) == 4 && size(.far1) == 8 && size(.far2) == 8
//# check: size(.link) == 4
    .option relax
    .macro piece name, target
    .section .text.\name, "ax"
    call \target
    .endm
    .macro tailpiece name, target
    .section .text.\name, "ax"
    tail \target
    .endm
    .text
    .globl start
start:
    call near
    call near
    tail near
near:
    ret
    piece jal1, forth
    piece jal2, back
    piece far1, too_far_forth
    piece far2, too_far_back
    tailpiece short1, short_forth
    tailpiece short2, short_back
    tailpiece long1, no_short_forth
    tailpiece long2, no_short_back
    piece ra1, short_forth
    piece ra2, short_back
    .section .text.link, "ax"
    .option push
    .option norvc
    call t0, near
    .option pop
