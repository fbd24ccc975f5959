// Where no code loads `__global_pointer$`, gp may hold anything: addresses stay as they are.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# compare: rust-lld
//# check: size(.text) == 8
    .option relax
    .globl start
start:
    lui a0, %hi(variable)
    lw a0, %lo(variable)(a0)
    .data
    .globl variable
variable: .word 1
