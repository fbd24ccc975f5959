// i.MX RT: the boot ROM reads a configuration block, an image vector table and boot data from the
// start of flash, with addresses and the image's size in them; the vector table and code run from
// ITCM and are loaded from flash, data is in DTCM, big buffers in OCRAM.
//# target: thumbv7em-none-eabihf
//# args: -T link.x --gc-sections
//# check: addr(.boot) == 0x60000000 && u32(0x60000000) == 0x42464346
//# check: u32(0x60001000) == 0x402000d1 && u32(0x60001004) == load(.vector_table)
//# check: u32(0x60001010) == 0x60001020 && u32(0x60001014) == 0x60001000
//# check: u32(0x60001020) == 0x60000000 && u32(0x60001024) == __image_end - 0x60000000
//# check: size(.boot) == 8192 && u8(0x60001fff) == 0 && u8(0x60000fff) == 0xff
//# check: load(.vector_table) == 0x60002000 && addr(.vector_table) == 0x400
//# check: addr(.text) == 0x400 + size(.vector_table) && load(.text) == 0x60002000 + size(.vector_table)
//# check: addr(.data) == 0x20000000 && load(.data) == __sidata && __image_end == load(.data) + size(.data)
//# check: addr(.uninit) == 0x20200000 && entry == Reset && Reset < 0x20000 && u32(0x400) == __estack
//# compare: rust-lld
//# differs: contents .boot - FILL holds from its place on; in lld the last one holds for all
    .syntax unified
    .thumb
    .section .fcb, "a"
    .ascii "FCFB"
    .long 0x56010400
    .section .vectors, "a"
    .long Reset, Fault
    .section .text.Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r0, =table
    ldr r1, =state
    ldr r2, =frames
    b.w .
    .p2align 2
    .section .text.Fault, "ax"
    .type Fault, %function
    .thumb_func
Fault: b.w .
    .section .rodata, "a"
    .p2align 2
table: .long __sitext, __sidata
    .section .data.state, "aw"
    .p2align 2
state: .long 1
    .section .uninit.frames, "aw", %nobits
    .p2align 3
frames: .space 1024
