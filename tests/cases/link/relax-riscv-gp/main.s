// Data within 2 KiB of `__global_pointer$` is reached through gp, to the last byte; start-up code that
// loads gp tells that it may be. Upper parts stay where one of their lower parts cannot do without,
// and code between `norelax` keeps its form.
//# target: riscv64gc-unknown-none-elf, riscv32imac-unknown-none-elf
//# args: -T link.x
//# compare: rust-lld
//# lld-args: --relax-gp
//# check: size(.edges) == 4 + 4 + 8 + 8 + 4
//# check: size(.shared) == 4 + 4 && size(.kept) == 8
    .option relax
    .globl start
start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    ret

    .section .text.edges, "ax"
    lui a0, %hi(first)
    addi a0, a0, %lo(first)
    lui a0, %hi(last)
    sb a1, %lo(last)(a0)
    lui a0, %hi(before)
    lb a1, %lo(before)(a0)
    lui a0, %hi(after)
    lb a1, %lo(after)(a0)
    lui a0, %hi(middle + 12)
    lw a0, %lo(middle + 12)(a0)

    .section .text.shared, "ax"
    lui a0, %hi(middle)
    lw a1, %lo(middle)(a0)
    lw a2, %lo(middle + 8)(a0)

    .section .text.kept, "ax"
    .option norelax
    lui a0, %hi(middle)
    lw a1, %lo(middle)(a0)

    .section .data.all, "aw"
    .balign 16
    .space 15
    .globl before, first, middle, last, after
before: .byte 1
first: .byte 2
    .space 2047
    .balign 16
middle: .word 3, 4, 5, 6
    .space 2048 - 16 - 1
last: .byte 7
after: .byte 8
