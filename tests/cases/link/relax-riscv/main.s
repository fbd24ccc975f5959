// Padding in front of an aligned label is as long as the address needs, also where marked calls stay
// as they are; differences between labels follow.
//# target: riscv64gc-unknown-none-elf, riscv32imac-unknown-none-elf
//# expect-warning: which is not a multiple of its alignment
//# args: -T link.x --no-relax
//# compare: rust-lld
//# differs: contents .text - the short NOP of padding comes last
//# check: aligned % 16 == 0 && aligned2 % 16 == 0
//# check: u32(distance) == after - before && u32(distance + 4) == aligned2 - aligned
    .option relax
    .globl start
start:
before:
    call helper
    tail helper
    lui a0, %hi(variable)
    lw a0, %lo(variable)(a0)
    c.nop
    .balign 16
aligned:
    nop
    .balign 16
aligned2:
    nop
after:
    .globl helper
helper:
    ret
    .section .rodata, "a"
    .globl distance
distance:
    .word after - before
    .word aligned2 - aligned
    .data
    .globl variable
variable: .word 1
