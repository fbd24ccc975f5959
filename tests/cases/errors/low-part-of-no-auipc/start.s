.globl _start
_start:
high:
    auipc a0, %pcrel_hi(value)
low:
    .option norvc
    addi a0, a0, 0
    .reloc low, R_RISCV_PCREL_LO12_I, value
.data
value: .long 1
