// A size that does not end, and one whose address has no relocation: what stands before is used.
//# target: riscv32imac-unknown-none-elf, thumbv7m-none-eabi
//# args: -e start --print-stack-usage main.o other.o
//# shows: --print-stack-usage
//# prints:           16 B  start (entry point)
//# expect-warning: `main.o`: `.stack_sizes` is damaged at 0x5
//# expect-warning: `other.o`: `.stack_sizes` is damaged at 0x0
    .text
    .globl start
    .type start, %function
start:
    .long 0
    .section .stack_sizes, "o", %progbits, .text
    .long start
    .byte 16
    .long start
    .byte 0x80, 0x80
