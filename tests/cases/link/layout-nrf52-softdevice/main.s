// nRF: a resident radio stack owns the bottom of flash and of RAM; the application begins behind
// it. UICR words far above flash are flashed with the image, whatever is there. The machine that
// runs this has a Cortex-M0, whose vectors are those of the resident program: it forwards.
//# target: thumbv6m-none-eabi
//# args: -T link.x -T uicr.x --gc-sections
//# check: addr(.mbr) == 0 && u32(4) == forward && addr(.vector_table) == 0x18000
//# check: addr(.uicr_bootaddr) == 0x10001014 && load(.uicr_bootaddr) == 0x10001014
//# check: u32(0x10001014) == 0x3e000 && u32(0x10001018) == 0x3d000
//# check: addr(.data) == 0x20002000 && load(.data) < 0x40000 && load(.data) == __sidata
//# check: u32(0x18000) == 0x20004000 && u32(0x18004) == Reset && __sapp == 0x18000
//# check: addr(.settings) == 0x3f000 && index(.uicr_bootaddr) > index(.bss)
//# compare: rust-lld
//# machine: arm -M microbit
//# run: 0
//# stdout: forwarded
    .syntax unified
    .thumb
    .section .mbr, "ax"
    .long 0x20004000, forward, forward, forward
    .globl forward
    .type forward, %function
    .thumb_func
forward:
    ldr r0, 1f
    ldr r1, [r0]
    mov sp, r1
    ldr r1, [r0, #4]
    bx r1
    .p2align 2
1:  .long __sapp

    .section .vector_table, "a"
    .long _stack_start, Reset
    .space 184
    .section .text.Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r0, =counter
    ldr r0, =text
    ldr r0, =__sdata
    ldr r1, =__sidata
    ldr r2, [r1]
    str r2, [r0]
    ldr r2, [r1, #4]
    str r2, [r0, #4]
    ldr r2, [r1, #8]
    str r2, [r0, #8]
    mov r1, r0
    movs r0, #4
    bkpt #0xab
    ldr r1, =ending
    movs r0, #0x20
    bkpt #0xab
    nop
1:  b 1b
    .section .rodata, "a"
    .p2align 2
ending: .long 0x20026, 0
    .section .uicr_bootaddr, "a"
    .long 0x3e000, 0x3d000
    .section .settings, "a"
    .long 0xffffffff
    .data
    .p2align 2
text: .asciz "forwarded\n"
    .byte 0
    .bss
counter:
    .space 128
