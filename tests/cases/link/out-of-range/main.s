// A relocation that does not fit says value, limits, symbol and place.
//# args: -T link.x
//# expect-error: R_AARCH64_TSTBR14
//# expect-error: far
    .text
    .globl start
start:
    tbz x0, 3, far
    .section .far, "ax"
    .globl far
far: nop
