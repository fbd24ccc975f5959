// NXP parts: a checksum over the first vectors that the boot ROM wants, the word of the read
// protection at 0x2fc, the flash configuration at 0x400, gaps of 0xff as erased flash has them.
// A word of the wrong value bricks the chip, so the places are asserted. Runs.
//# target: thumbv7m-none-eabi
//# args: -T link.x --gc-sections
//# check: (u32(0) + u32(4) + u32(8) + u32(12) + u32(16) + u32(20) + u32(24) + u32(28)) & 0xffffffff == 0
//# check: u32(0x2fc) == 0xffffffff && u32(0x2f8) == 0xffffffff && u32(0x400) == 0xffffffff
//# check: u32(0x40c) == 0xfffffffe && addr(.text) == 0x410 && crp == 0x2fc && u8(0x3ff) == 0xff
//# check: u32(addr(.text) + size(.text) - 4) == 0xdeadbeef
//# check: u16(addr(.text) + size(.text) - 6) == 0x55aa
//# compare: rust-lld
//# differs: contents .text - FILL holds from its place on; lld knows the section's only
//# machine: arm -M mps2-an385
//# run: 0
    .syntax unified
    .thumb
    .section .vectors, "a"
    .long Fault, Fault, Fault, Fault, Fault
    .section .irq, "a"
    .rept 8
    .long Fault
    .endr
    .section .crp, "a"
    .globl crp
crp: .long 0xffffffff
    .section .flash_config, "a"
    .long 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe
    .text
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r1, =ending
    movs r0, #0x20
    bkpt #0xab
    .globl Fault
    .type Fault, %function
    .thumb_func
Fault: b.w .
    .ltorg
    .p2align 2
ending: .long 0x20026, 0
