// A section for the stack that takes whatever is left, as riscv-rt describes it, even behind a
// heap of a given size, is the part below the statics.
//# target: riscv32imac-unknown-none-elf
//# args: -T rest.x --flip-stack
//# check: addr(.bss) == 0x80000fd0 && size(.bss) == 0x20 && addr(.heap) == 0x80000ff0
//# check: sheap == 0x80000ff0 && eheap == 0x80001000
//# check: addr(.stack) == 0x80000000 && size(.stack) == 0xfd0
//# check: estack == 0x80000000 && sstack == 0x80000fd0 && _stack_start == 0x80000fd0
//# check: u32(start) == 0x80000fd0
//# sections: .text .bss .heap .stack
    .text
    .globl start
start:
    .long _stack_start
    .bss
    .space 0x20
