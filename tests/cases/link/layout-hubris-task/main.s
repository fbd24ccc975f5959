// A task of such a kernel: regions whose sizes are powers of two for the MPU, the stack first in
// RAM, so that an overflow faults; tables for the build tool that are not loaded.
//# target: thumbv8m.main-none-eabihf
//# args: -T task.ld --gc-sections
//# check: entry == _start && _start & 1 == 1 && addr(.text) == 0x10040000
//# check: _stack_base == 0x20004000 && _stack_start == 0x20004800
//# check: addr(.data) == 0x20004800 && load(.data) == __sidata && __sidata % 8 == 0
//# check: __eheap == 0x20006000 && __sheap >= __euninit
//# check: addr(.idolatry) == 0 && flags(.idolatry) & 2 == 0 && size(.idolatry) == 5
//# check: u32(slot) == 0xffff && flags(.task_slot_table) & 2 == 0
//# check: size(.hubris_notes) == 8 && end_of_flash % 32 == 0
//# check: u32(addr(.caboose_pos)) == 0x1003ff00
//# compare: rust-lld
    .syntax unified
    .thumb
    .section .text.start, "ax"
    .globl _start
    .type _start, %function
    .thumb_func
_start:
    ldr r0, =_stack_start
    mov sp, r0
    ldr r0, =slot
    bl main
    svc #0
    .section .text.main, "ax"
    .globl main
    .type main, %function
    .thumb_func
main:
    ldr r0, =message
    ldr r1, =__sheap
    ldr r2, =__eheap
    ldr r3, =_stack_base
    bx lr
    .section .rodata.slot, "a"
    .p2align 2
    .globl slot
slot: .long 0xffff
    .section .task_slot_table, ""
    .long slot
    .asciz "jefe"
    .section .idolatry, "R"
    .ascii "(Ping"
    .section .hubris_notes, ""
    .long 1, 2
    .section .caboose_pos, "aR"
    .long caboose_at
    .section .data.message, "aw"
    .p2align 3
message: .asciz "ping"
    .section .bss.counters, "aw", %nobits
    .p2align 2
    .space 12
