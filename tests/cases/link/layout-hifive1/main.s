// HiFive1, and GD32V in the same manner: code runs in place from SPI flash behind the bootloader's
// first 64 KB, data is copied into 16 KB of RAM, the stack's size is kept free by a section, and the
// global pointer lies in the middle of the small data. Runs.
//# target: riscv32imac-unknown-none-elf
//# args: -T memory.x -T link.x --gc-sections --no-relax
//# check: entry == 0x20400000 && addr(.text) == 0x20400000 && addr(.data) == 0x80000000
//# check: load(.data) == _data_load && _data_load == addr(.rodata) + size(.rodata)
//# check: __global_pointer$ == 0x80000000 + 0x800 && small == addr(.data)
//# check: addr(.stack) == 0x80003c00 && _stack_top == 0x80004000 && _heap_size == addr(.stack) - _heap_start
//# check: trap % 64 == 0
//# compare: rust-lld
//# machine: riscv32 -M sifive_e
//# run: 0
//# stdout: hi
    .option norelax
    .section .init, "ax"
    .globl _start
_start:
    la gp, __global_pointer$
    la sp, _stack_top
    la t0, small
    la t0, trap
    csrw mtvec, t0
    la t0, _data_start
    la t1, _data_end
    la t2, _data_load
1:  bgeu t0, t1, 2f
    lw t3, 0(t2)
    sw t3, 0(t0)
    addi t0, t0, 4
    addi t2, t2, 4
    j 1b
2:  lui t0, %hi(text)
    lw a1, %lo(text)(t0)
    lui t0, %hi(zero)
    lw t1, %lo(zero)(t0)
    li a0, 4
    call semihost
    la a1, ending
    li a0, 0x20
    call semihost
3:  j 3b
    .section .trap, "ax"
    .p2align 6
    .globl trap
trap: j trap
    .section .text.semihost, "ax"
    .p2align 4
    .option norvc
semihost:
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    ret
    .section .rodata, "a"
    .p2align 2
message: .asciz "hi\n"
    .p2align 2
ending: .long 0x20026, 0
    .section .sdata, "aw"
    .p2align 2
    .globl small
small: .long 1
    .data
text: .long message
    .bss
    .p2align 2
zero: .space 32
