// ARMv7 has no other big-endian order.
//# target: armebv7r-none-eabi
//# args: main.o
//# expect-error: big-endian programs for this core need `--be8`
    .text
    .arm
    .globl _start
_start: bx lr
