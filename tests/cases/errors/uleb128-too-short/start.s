.section .text.first, "ax"
.globl first
first:
    ret
.section .text.second, "ax"
second:
    ret
.section .rodata, "a"
.globl table
table:
    .byte 0
    .reloc table, R_RISCV_SET_ULEB128, second
    .reloc table, R_RISCV_SUB_ULEB128, first
