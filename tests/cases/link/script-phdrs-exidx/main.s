// PT_ARM_EXIDX in PHDRS, by name and by number; lld adds one of its own.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# segments: LOAD r-x, EXIDX r--, EXIDX r--
//# check: exidx(start & ~1) == (start & ~1)
    .syntax unified
    .text
    .globl start
    .thumb_func
    .fnstart
start: bx lr
    .cantunwind
    .fnend
