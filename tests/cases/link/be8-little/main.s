// Little-endian objects have nothing to turn around.
//# target: armv7a-none-eabi
//# args: main.o --be8
//# shows: --be8
//# expect-error: `--be8` is for big-endian objects, but these are little-endian
    .text
    .arm
    .globl _start
_start: bx lr
