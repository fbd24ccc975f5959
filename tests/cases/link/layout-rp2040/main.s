// RP2040: the ROM loads 256 bytes from the start of flash and runs them, the vector table follows.
// The board's script adds the boot block behind everything else in the runtime's own script, so
// that sections do not ascend; a second script adds what picotool reads behind the code.
//# target: thumbv6m-none-eabi
//# args: -T link.x -T picotool.x --gc-sections -n
//# shows: -n
//# check: addr(.boot2) == 0x10000000 && load(.boot2) == 0x10000000 && size(.boot2) == 256
//# check: addr(.vector_table) == 0x10000100 && u32(0x10000100) == 0x20042000
//# check: u32(0x10000104) == Reset && Reset & 1 == 1 && entry == Reset
//# check: u32(addr(.vector_table) + 0x2c) == SVCall && SVCall == Idle
//# check: u32(addr(.vector_table) + 0x3c) == Tick && Tick != Idle
//# check: addr(.bi_entries) == addr(.text) + size(.text) && size(.bi_entries) == 4
//# check: u32(__bi_entries_start) == name_entry && __bi_entries_end == __bi_entries_start + 4
//# check: load(.data) == addr(.rodata) + size(.rodata) && __data_load == load(.data)
//# check: u32(literals) == __data_load && u32(literals + 4) == counter
//# check: index(.boot2) > index(.uninit) && type(.uninit) == 8
//# check: addr(.uninit) >= addr(.bss) + size(.bss)
//# string: name_entry + 4 = blinky
//# absent: unused
//# segments: LOAD r--, LOAD r-x, LOAD r--, LOAD rw-, LOAD rw-, LOAD r--, STACK rw-
//# check: kind(SVCall) == 2 && kind(SysTick) == 2
//# compare: rust-lld
    .syntax unified
    .thumb
    .section .boot2, "a"
    .globl BOOT2
BOOT2:
    .fill 252, 1, 0x5a
    .long 0x7a4eb274            // the ROM checks this sum

    .section .vectors.reset, "a"
    .globl RESET_VECTOR
RESET_VECTOR: .long Reset
    .section .vectors.exceptions, "a"
    .globl EXCEPTIONS
EXCEPTIONS: .long Nmi, HardFault, 0, 0, 0, 0, 0, 0, 0, SVCall, 0, 0, PendSV, SysTick
    .section .vectors.interrupts, "a"
    .globl INTERRUPTS
INTERRUPTS: .rept 26
    .long Idle
    .endr

    .section .text.Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    adr r2, literals
    ldm r2!, {r0, r1}
    bl main
    .p2align 2
literals: .long __data_load, counter

    .section .text.main, "ax"
    .type main, %function
    .thumb_func
main:
    ldr r0, =greeting
    ldr r1, =scratch
    b main

    .section .text.Idle, "ax"
    .globl Idle
    .type Idle, %function
    .thumb_func
Idle: b .

    .section .text.Tick, "ax"
    .globl Tick
    .type Tick, %function
    .thumb_func
Tick: bx lr

    .section .text.unused, "ax"
    .globl unused
    .thumb_func
unused: bx lr

    .section .rodata.greeting, "a"
greeting: .asciz "hello from flash"

    .section .bi_entries, "a"
    .long name_entry
    .section .rodata.name_entry, "a"
    .p2align 2
    .globl name_entry
name_entry:
    .long 0x5066
    .asciz "blinky"

    .section .data.counter, "aw"
    .p2align 2
    .globl counter
counter: .long 3
    .section .bss.buffer, "aw", %nobits
    .p2align 2
buffer: .space 64
    .section .uninit.scratch, "aw", %nobits
    .p2align 2
scratch: .space 16
