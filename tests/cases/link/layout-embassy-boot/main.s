// A bootloader and the partitions it swaps, in the manner of embassy-boot: every partition is a
// region, and its bounds are given to the program as offsets from the start of flash. The state and
// DFU partitions are never filled. Runs and checks its own bounds.
//# target: thumbv7m-none-eabi
//# args: -T link.x -T regions.x --gc-sections
//# check: __bootloader_state_start == 0x6000 && __bootloader_state_end == 0x7000
//# check: __bootloader_active_start == 0x7000 && __bootloader_active_end == 0x17000
//# check: __bootloader_dfu_start == 0x17000 && __bootloader_dfu_end == 0x28000
//# check: section(__bootloader_dfu_start) == 0xfff1
//# check: addr(.boot_magic) == 0x5ff0 && load(.boot_magic) == 0x5ff0 && u32(0x5ff0) == 0xb007b007
//# check: u32(bounds) == 0x6000 && u32(bounds + 20) == 0x28000
//# check: __bootloader_dfu_end - __bootloader_dfu_start == __bootloader_active_end - __bootloader_active_start + 4096
//# compare: rust-lld
//# machine: arm -M lm3s6965evb
//# run: 0
    .syntax unified
    .thumb
    .section .vector_table, "a"
    .long _stack_start, Reset, Fault, Fault
    .section .text.Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r2, =bounds
    ldm r2, {r3-r8}
    subs r6, r5                 // the active partition
    subs r8, r7                 // DFU has one more page
    sub r8, #4096
    ldr r1, =ending
    cmp r6, r8
    it ne
    strne r1, [r1]              // faults
    movs r0, #0x20
    bkpt #0xab
    .thumb_func
Fault:
    b.w .
    .section .rodata.bounds, "a"
    .p2align 2
    .globl bounds
bounds:
    .long __bootloader_state_start, __bootloader_state_end
    .long __bootloader_active_start, __bootloader_active_end
    .long __bootloader_dfu_start, __bootloader_dfu_end
ending: .long 0x20026, 0
    .section .boot_magic, "a"
    .long 0xb007b007, __bootloader_active_start
