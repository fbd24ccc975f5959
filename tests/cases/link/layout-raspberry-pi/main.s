// A Raspberry Pi 3 kernel: the firmware loads it at 0x80000, the stack grows below it, program
// headers are the script's own, an empty GOT proves that nothing is position independent. Runs.
//# target: aarch64-unknown-none
//# args: -T kernel.ld --gc-sections
//# check: entry == 0x80000 && _start == 0x80000 && addr(.text) == 0x80000
//# check: addr(.boot_core_stack) == 0 && size(.boot_core_stack) == 0x80000 && __stack_end == 0x80000
//# check: __code_end % 0x10000 == 0 && addr(.data) == __code_end && __bss_end % 16 == 0
//# check: u64(constants) == __bss_start && u64(constants + 8) == 0x80000
//# check: type(.boot_core_stack) == 8 && counter == addr(.data)
//# segments: LOAD rw-, LOAD r-x, LOAD rw-
//# compare: rust-lld
//# machine: aarch64 -M raspi3b
//# run: 0
//# stdout: core 0
    .section .text._start, "ax"
    .globl _start
_start:
    mrs x0, mpidr_el1
    and x0, x0, #3
    cbz x0, 1f
0:  wfe
    b 0b
1:  adrp x0, __stack_end
    add x0, x0, :lo12:__stack_end
    mov sp, x0
    adrp x0, constants
    add x0, x0, :lo12:constants
    ldp x1, x2, [x0]
    ldr x2, =__bss_end
2:  cmp x1, x2
    b.hs main
    stp xzr, xzr, [x1], #16
    b 2b
    .section .text.main, "ax"
main:
    adrp x1, counter
    ldr x1, [x1, :lo12:counter]
    adrp x2, zero
    ldr x2, [x2, :lo12:zero]
    add x1, x1, x2
    mov w0, #4
    hlt #0xf000
    adrp x1, ending
    add x1, x1, :lo12:ending
    mov w0, #0x20
    hlt #0xf000
    b .
    .section .rodata, "a"
    .p2align 3
    .globl constants
constants: .quad __bss_start, __code_start
ending: .quad 0x20026, 0
text: .asciz "core 0\n"
    .data
    .globl counter
counter: .quad text
    .bss
    .p2align 4
zero: .space 64
