// Zephyr's manner: objects of one kind are collected from all files into arrays sorted by name, by
// level and priority in the section's name; a table of interrupts lies in a region that no memory
// backs and never reaches the image; the last section's load address is the image's size. Arrays
// without a script's help have bounds by their section's name (linkme). Runs the init calls.
//# target: thumbv7m-none-eabi
//# args: -T linker.ld --gc-sections
//# check: u32(__init_start) == early && u32(__init_start + 4) == second && u32(__init_start + 8) == tenth
//# check: __init_APPLICATION_start == __init_start + 12 && __init_end == __init_start + 16
//# check: _k_sem_list_end - _k_sem_list_start == 24 && u32(_k_sem_list_start) == 1 && u32(_k_sem_list_end - 4) == 12
//# check: load(.k_sem_area) == __sem_load && addr(.k_sem_area) == 0x20000000 && align(.k_sem_area) == 4
//# check: addr(.intList) == 0xffffe000 && _flash_used == load(.last_section) + 4
//# check: __stop_handlers - __start_handlers == 8 && u32(__start_handlers) == early
//# check: u32(addr(.last_section)) == 0xe015e015
//# present: start
//# compare: rust-lld
//# machine: arm -M mps2-an385
//# run: 0
//# stdout: 1234
    .syntax unified
    .thumb
    .section .exc_vector_table, "a"
    .long 0x20001000, start, fault
    .macro init section, name, letter
    .section .text.\name, "ax"
    .globl \name
    .type \name, %function
    .thumb_func
\name:
    ldr r1, =1f
    movs r0, #4
    bkpt #0xab
    bx lr
    .p2align 2
    .ltorg
    .section .rodata.\name, "a"
    .p2align 2
1:  .asciz "\letter"
    .section \section, "a"
    .p2align 2
    .long \name
    .endm
    init .z_init_POST_KERNEL_P_10_, tenth, 3
    init .z_init_APPLICATION_P_5_, app, 4
    init .z_init_EARLY_P_0_, early, 1
    init .z_init_POST_KERNEL_P_2_, second, 2
    .section .text.start, "ax"
    .globl start
    .type start, %function
    .thumb_func
start:
    ldr r4, =__init_start
    ldr r5, =__init_end
    ldr r6, =__start_handlers
    ldr r6, =__stop_handlers
1:  cmp r4, r5
    beq 2f
    ldr r0, [r4], #4
    blx r0
    b 1b
2:  ldr r1, =ending
    movs r0, #0x20
    bkpt #0xab
    .type fault, %function
    .thumb_func
fault: b.w .
    .p2align 2
    .ltorg
ending: .long 0x20026, 0
    .section ._k_sem.static.beta, "aw"
    .p2align 3
    .long 10, 11, 12
    .section ._k_sem.static.alpha, "aw"
    .p2align 2
    .long 1, 2, 3
    .section handlers, "a"
    .p2align 2
    .long early, app
    .section .intList, "a"
.long 7, 8
    .section .last, "a"
    .long 0xe015e015
