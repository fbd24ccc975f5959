// --no-relax-gp: data are not reached through gp.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x -e start --no-relax-gp
//# shows: --no-relax-gp
//# check: u32(start + 8) & 0x7f == 0x37
    .option relax
    .text
    .globl start
start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    lui a0, %hi(value)
    addi a0, a0, %lo(value)
    .data
    .globl value
value: .word 1
