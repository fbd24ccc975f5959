// Values in a section that is not loaded are lost: said once, and only where there are values.
//# target: riscv32imac-unknown-none-elf
//# args: -T link.x
//# expect-warning: the values of `.table` are lost: `.keep` is not loaded
//# check: size(.keep) == 12
    .globl _start
_start:
    j _start
    .section .table, "aw", @progbits
    .word 0, 7
    .section .keep, "aw", @progbits
    .word 0
    .section .zeros, "aw", @progbits
    .word 0
