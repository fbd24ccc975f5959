// Code that may not be read as data: thunks without literals, also on ARMv6-M, which builds the
// address byte by byte. The section and its segment stay execute-only.
//# target: thumbv6m-none-eabi, thumbv8m.base-none-eabi, thumbv7m-none-eabi
//# args: -T link.x
//# check: flags(.text) == 0x20000006 && flags(.mixed) == 6
//# segments: LOAD --x, LOAD --x, LOAD r-x, STACK rw-
//# check: u16(__thunk_far & ~1) == 0xb403 && u16((__thunk_far & ~1) + 2) == 0x2020 || u16(__thunk_far & ~1) == 0xf240
//# compare: rust-lld
//# differs: symbols - thunks have names of their own
//# differs: segments - lld joins execute-only code with readable code
//# differs: section .text - lld rounds the size of thunks up to words
//# differs: contents .text - lld pads with other instructions
//# differs: contents .far - lld pads with other instructions
    .syntax unified
    .section .text.start, "axy", %progbits
    .globl start
    .type start, %function
start:
    bl far
    bx lr
    .section .far, "axy", %progbits
    .globl far
    .type far, %function
far:
    bx lr
    .section .mixed.a, "axy", %progbits
    bx lr
    .section .mixed.b, "ax", %progbits
    bx lr
