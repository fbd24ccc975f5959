// Pitfall: relaxation moves symbols; assertions and symbols see the addresses after it.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x --relax
//# check: end_of_text - addr(.text) == size(.text) && before_data == addr(.data)
    .option relax
    .text
    .globl start
start:
    call near
    call near
    .balign 8
    .globl near
near:
    ret
    .data
    .word 1
