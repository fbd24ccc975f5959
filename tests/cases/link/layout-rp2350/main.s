// RP2350: no boot block, but blocks that the ROM finds within the first 4 KB and that point at one
// another by distance. Vectors must stand before them; the last block is the last thing in flash,
// behind the load image of .data. Runs where QEMU has code at the same address.
//# target: thumbv8m.main-none-eabi
//# args: -T link.x --gc-sections
//# check: addr(.vectors) == 0x10000000 && addr(.start_block) == size(.vectors) + 0x10000000
//# check: u32(start_block) == 0xffffded3 && u32(end_block) == 0xffffded3
//# check: start_block - 0x10000000 < 4096
//# check: s32(start_block + 12) == end_block - start_block
//# check: s32(end_block + 12) == start_block - end_block
//# check: addr(.text) == _stext && _stext >= start_block + 20
//# check: addr(.end_block) >= load(.data) + size(.data)
//# check: flash_end == addr(.end_block) + size(.end_block)
//# check: u32(addr(.vectors) + 4) == Reset && entry == Reset
//# compare: rust-lld
//# machine: arm -M mps2-an505
//# run: 0
//# stdout: 52
    .syntax unified
    .thumb
    .section .vectors, "a"
    .long _stack_top, Reset, Fault, Fault
    .space 48

    .section .start_block, "a"
    .globl start_block
start_block:
    .long 0xffffded3
    .long 0x10210142
    .long 0x000001ff
    .long start_to_end
    .long 0xab123579

    .section .end_block, "a"
    .globl end_block
end_block:
    .long 0xffffded3
    .long 0x000004fe
    .long 0x000001ff
    .long end_to_start
    .long 0xab123579

    .section .text.Reset, "ax"
    .globl Reset
    .thumb_func
Reset:
    ldr r0, =__data_start
    ldr r1, =__data_end
    ldr r2, =__data_load
1:  cmp r0, r1
    beq 2f
    ldr r3, [r2], #4
    str r3, [r0], #4
    b 1b
2:  ldr r1, =message
    movs r0, #4
    bkpt #0xab
    ldr r1, =parameters
    movs r0, #0x20
    bkpt #0xab
    b .
    .section .text.Fault, "ax"
    .thumb_func
Fault: b .
    .section .rodata.parameters, "a"
    .p2align 2
parameters: .long 0x20026, 0
    .section .data.message, "aw"
    .p2align 2
message: .asciz "52"
    .p2align 2
    .bss
    .space 4096
