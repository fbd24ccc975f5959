// -r -x leaves out local symbols, but for those that relocations name.
//# args: -r -x
//# target: aarch64-unknown-none, riscv32imac-unknown-none-elf
//# present: start named
//# absent: unnamed
    .text
    .globl start
start:
    nop
unnamed:
    nop
    .data
    .weak named
named: .long start - .
