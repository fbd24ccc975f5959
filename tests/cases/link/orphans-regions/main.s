// With MEMORY, orphans continue the region of the section that they follow, in load memory too.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# compare: rust-lld
//# differs: segments - an orphan behind `> RAM AT> FLASH` is loaded from flash, too, as in GNU ld
    .text
    .globl start
start: ret
    .section .eh_frame_like, "a"
    .long 1
    .section .init.rust, "ax"
    ret
    .section .rodata.x, "a"
    .long 2
    .data
    .long 3
    .section .fastdata, "aw"
    .long 4
    .bss
    .long 0
