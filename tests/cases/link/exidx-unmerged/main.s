// --no-merge-exidx-entries: each function keeps its entry.
//# target: thumbv7m-none-eabi
//# args: -T link.x -e f1 --no-merge-exidx-entries
//# shows: --no-merge-exidx-entries
//# compare: rust-lld
//# check: size(.ARM.exidx) == 3 * 8
    .section .text.f1, "ax", %progbits
    .globl f1
    .type f1, %function
f1: .fnstart
    .cantunwind
    bx lr
    .fnend
    .section .text.f2, "ax", %progbits
    .globl f2
    .type f2, %function
f2: .fnstart
    .cantunwind
    bx lr
    .fnend
