// Pitfall: orphans continue the region and the load region of the section before them, and what comes
// after is loaded behind them. An orphan goes behind the last section that is like it.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# check: addr(.eh_extra) == 0x8004 && load(.eh_extra) == 0x8004 && load(.data) == 0x8008
//# check: addr(.extra) == 0x20000008 && load(.extra) == 0x8010 && load(.after) == 0x800c
//# compare: rust-lld
//# differs: segments - an orphan behind `> RAM AT> FLASH` is loaded from flash, too, as in GNU ld
    .text
    .globl start
start: .word 1
    .section .eh_extra, "a"
    .word 2
    .data
    .word 3
    .section .extra, "aw"
    .word 4
    .section .after, "aw"
    .word 5
