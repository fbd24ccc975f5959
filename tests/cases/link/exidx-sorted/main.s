// .ARM.exidx is sorted by function, ends with a sentinel behind the last one, and says "cannot
// unwind" for functions without an entry; equal neighbours may share an entry.
//# target: thumbv7m-none-eabi
//# args: -T link.x
//# check: exidx(f1) == f1 - 1 && exidx_word(f1) == 0x80a8b0b0
//# check: exidx(f2) == f2 - 1 && exidx_word(f2) == 1
//# check: exidx_word(f3) == 0x80b0b0b0
//# check: exidx(addr(.text) + size(.text)) == addr(.text) + size(.text) && exidx_word(addr(.text) + size(.text)) == 1
//# compare: rust-lld
//# differs: contents .ARM.exidx - compared by looking up
//# differs: contents .text - gaps are filled with jumps over them, not with traps
//# differs: symbol __aeabi_unwind_cpp_pr0 - nothing refers to it but R_ARM_NONE
    .section .text.f3, "ax", %progbits
    .globl f3
    .thumb_func
f3: .fnstart
    bx lr
    .fnend
    .section .text.f1, "ax", %progbits
    .globl f1
    .thumb_func
f1: .fnstart
    .save {r4, lr}
    push {r4, lr}
    pop {r4, pc}
    .fnend
    .section .text.f2, "ax", %progbits
    .globl f2
    .thumb_func
f2: .fnstart
    .cantunwind
    bx lr
    .fnend
