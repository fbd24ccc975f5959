// Symbolic addressing counts from the program counter, and both wrap at 64 KiB: code in flash
// reaches RAM, which lld takes for a distance that does not fit.
//# target: msp430-none-elf
//# args: -T link.x
//# check: (u16(start + 2) + start + 2) & 0xffff == value
    .section .text.start, "ax"
    .globl start
start:
    mov value, r5
    .section .bss.value, "aw", @nobits
    .globl value
value:
    .zero 2
