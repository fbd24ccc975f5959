// The tables of relaxed code name what stands there now: offsets after the cuts, branches by their
// form, nothing for an upper part that went.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x --emit-relocs
//# check: size(.text) == 4 + 2 + 2
//# bytes: .rela.text = 00 00 00 20 11 0b 00 00 00 00 00 00 00 00 00 20 33 00 00 00 00 00 00 00 04 00 00 20 2d 0a 00 00 00 00 00 00 04 00 00 20 33 00 00 00 00 00 00 00
    .option relax
    .globl start, near, far, data
start:
    call far
    call near
near:
    .option norelax
    ret
    .section .far, "ax"
far:
    ret
