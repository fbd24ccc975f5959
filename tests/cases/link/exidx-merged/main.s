// Equal neighbours in .ARM.exidx share an entry, code without unwind data says so, and the room
// that merging saves is given back: what follows the table moves up. The bounds are there for
// unwinders although the script does not define them.
//# target: thumbv7m-none-eabi, armv7a-none-eabi, thumbv6m-none-eabi
//# args: -T link.x
//# check: size(.ARM.exidx) == 6 * 8
//# check: addr(.after) == addr(.ARM.exidx) + size(.ARM.exidx)
//# check: exidx(f2) == f1 & ~1 && exidx_word(f2) == 0x80b0b0b0
//# check: exidx(f4) == f3 & ~1 && exidx_word(f3) == 1
//# check: exidx(f5) == f5 & ~1 && exidx_word(f5) != 1 && exidx_word(f5) >> 31 == 0
//# check: exidx_word(f6) == 0x80b0b0b0
//# check: exidx_word(ram) == 1
//# check: u32(bounds) == addr(.ARM.exidx) && u32(bounds + 4) == addr(.ARM.exidx) + size(.ARM.exidx)
//# compare: rust-lld
//# differs: contents .text - gaps are filled with jumps over them, not with traps
//# differs: symbol __aeabi_unwind_cpp_pr0 - nothing refers to it but R_ARM_NONE
//# differs: symbol __aeabi_unwind_cpp_pr1 - nothing refers to it but R_ARM_NONE
    .section .text.f1, "ax", %progbits
    .globl f1
    .type f1, %function
f1: .fnstart
    bx lr
    .fnend
    .section .text.f2, "ax", %progbits
    .globl f2
    .type f2, %function
f2: .fnstart
    bx lr
    .fnend
    .section .text.f3, "ax", %progbits
    .globl f3
    .type f3, %function
f3: bx lr
    .section .text.f4, "ax", %progbits
    .globl f4
    .type f4, %function
f4: .fnstart
    .cantunwind
    bx lr
    .fnend
    .section .text.f5, "ax", %progbits
    .globl f5
    .type f5, %function
f5: .fnstart
    bx lr
    .personality f1
    .handlerdata
    .word 0
    .fnend
    .section .text.f6, "ax", %progbits
    .globl f6
    .type f6, %function
f6: .fnstart
    bx lr
    .fnend
    .section .text.ram, "ax", %progbits
    .globl ram
    .type ram, %function
ram: bx lr
    .section .after, "a", %progbits
    .globl bounds
    .balign 4
bounds:
    .word __exidx_start
    .word __exidx_end
