// Orphans move what is loaded behind them: sections that a runtime's script does not name go into
// the region before, between .rodata and .data, and the load address of .data is behind them.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x --no-relax
//# check: addr(.init.rust) >= addr(.text) + size(.text) && addr(.init.rust) < 0x20010000
//# check: load(.data) >= addr(.eh_frame) + size(.eh_frame) && load(.data) >= addr(.init.rust) + size(.init.rust)
//# check: u32(addr(.rodata)) == load(.data) && load(.data) % 4 == 0
//# compare: rust-lld
    .section .init.rust, "ax"
    .globl init
init: ret
    .text
    .globl start
start:
    .cfi_startproc
    ret
    .cfi_endproc
    .section .rodata, "a"
    .long sidata
    .data
    .long 1
    .bss
    .space 4
