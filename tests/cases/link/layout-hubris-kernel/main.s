// A kernel whose tasks' descriptors a build tool computed: header with the image's size behind the
// vectors, tables that hold task regions, regions for tasks declared beside the kernel's and never
// filled by it, a stack region of its own at the bottom of RAM.
//# target: thumbv7em-none-eabihf
//# args: -T kernel.ld --gc-sections
//# check: addr(.vector_table) == 0x08000000 && u32(0x08000000) == _stack_start
//# check: _stack_start == 0x20000400 && _stack_base == 0x20000000
//# check: addr(.header) == 0x08000000 + size(.vector_table) && __header_start == addr(.header)
//# check: u32(__header_start + 4) == __image_end - 0x08000000
//# check: u32(__header_start + 8) == _stext && _stext == addr(.text)
//# check: addr(.data) == 0x20000400 && load(.data) == __sidata
//# check: u32(table) == 0x20008000 && u32(table + 4) == 0x2000 && u32(table + 8) == 0x08010000
//# check: __veneer_base % 32 == 0 && size(.gnu.sgstubs) == 0
//# check: __eheap == 0x20008000
//# absent: unused
//# compare: rust-lld
//# differs: section .gnu.sgstubs - empty: of its flags nothing follows
    .syntax unified
    .thumb
    .section .vector_table.reset_vector, "a"
    .long Reset
    .section .vector_table.exceptions, "a"
    .rept 14
    .long Other
    .endr
    .section .vector_table.interrupts, "a"
    .rept 50
    .long Other
    .endr
    .section .image_header, "a"
    .long 0x15356637, __image_size, __text_start, 0
    .section .Reset, "ax"
    .globl Reset
    .type Reset, %function
    .thumb_func
Reset:
    ldr r0, =table
    ldr r1, =state
    ldr r2, =__eheap
    b.w .
    .p2align 2
    .section .text.Other, "ax"
    .type Other, %function
    .thumb_func
Other: b.w .
    .section .text.unused, "ax"
unused: bx lr
    .section .rodata.table, "a"
    .p2align 2
    .globl table
table: .long task_ram, task_ram_size, task_flash
    .section .data.state, "aw"
    .p2align 2
state: .long 1, 2
    .section .bss.queue, "aw", %nobits
    .p2align 3
    .space 40
    .section .uninit.log, "aw", %nobits
    .space 12
