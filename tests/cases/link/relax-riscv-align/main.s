// Aligned labels between calls that shrink, and differences across both.
//# target: riscv64gc-unknown-none-elf, riscv32imac-unknown-none-elf
//# expect-warning: which is not a multiple of its alignment
//# args: -T link.x
//# compare: rust-lld
//# differs: contents .text - the short NOP of padding comes last
//# check: a16 % 16 == 0 && a8 % 8 == 0 && a32 % 32 == 0
//# check: u32(table) == a16 - start && u32(table + 4) == a8 - a16 && u32(table + 8) == last - a8
//# check: u8(table + 12) == a8 - start && u8(table + 13) == last - start
//# check: symsize(start) == last - start
    .option relax
    .globl start
    .type start, @function
start:
    call helper
    call helper
    .balign 16
a16:
    call helper
    tail helper
    .balign 8
a8:
    call helper
    .balign 32
a32:
    c.nop
    tail helper
last:
    .size start, . - start
    .globl helper
helper:
    beqz a0, start
    j a8
    .section .rodata, "a"
    .globl table
table:
    .word a16 - start
    .word a8 - a16
    .word last - a8
    .uleb128 a8 - start
    .byte last - start
    .half last - start
