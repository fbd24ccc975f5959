// Code that is loaded into RAM and runs from there cannot move: the option does nothing, and a
// warning says so.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x --flip-stack
//# shows: --flip-stack
//# expect-warning: `--flip-stack` has no effect: `RAM` holds more than statics and the stack
//# check: addr(.text) == 0x80000000 && _stack_start == 0x80001000 && addr(.bss) == 0x80000004
    .text
    .globl start
start:
    .long _stack_start
    .bss
    .space 0x20
