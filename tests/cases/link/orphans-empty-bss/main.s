// An orphan does not go behind a section that takes all the rest of the memory, though nothing in
// between has contents: as with riscv-rt's script in a program without statics. (rust-lld's link fails:
// no room in `RAM`.)
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# check: addr(.eh_extra) == 0x80000008
    .text
    .globl start
start: .word 1
    .section .rodata, "a"
    .word 2
    .section .eh_extra, "a"
    .word 3
