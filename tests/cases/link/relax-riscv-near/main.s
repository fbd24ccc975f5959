// What lld leaves long: addresses near 0 count from x0, upper parts of 6 bits get a short `lui`,
// PC-relative addresses and GOT loads go through gp, constants from the GOT become immediates.
//# target: riscv64gc-unknown-none-elf, riscv32imac-unknown-none-elf
//# args: -T link.x
//# bytes: .zero = 03 25 40 7f 23 28 b0 80 67 00 80 7f
//# bytes: .lui = 05 65 03 25 45 20 7d 75 83 25 05 00 37 01 00 00
//# bytes: .relative = 03 a5 01 80 23 a2 a1 80
//# bytes: .got = 13 85 01 80 7d 55 05 45 13 05 40 7f
//# check: size(.pcbad) == 12
    .option relax
    .globl start
start:
    .option push
    .option norelax
    lla gp, __global_pointer$
    .option pop

    .section .zero, "ax"
    lui a0, %hi(port)
    lw a0, %lo(port)(a0)
    lui a0, %hi(minus)
    sw a1, %lo(minus)(a0)
    tail rom

// Nothing uses the last upper part, which must stay as it is: x2 has no short form, and 0 neither.
    .section .lui, "ax"
    lui a0, %hi(low)
    lw a0, %lo(low)(a0)
    lui a0, %hi(high)
    lw a1, %lo(high)(a0)
    lui sp, %hi(port)

    .section .relative, "ax"
1:  auipc a0, %pcrel_hi(variable)
    .reloc 1b, R_RISCV_RELAX
2:  lw a0, %pcrel_lo(1b)(a0)
    .reloc 2b, R_RISCV_RELAX
1:  auipc a1, %pcrel_hi(variable + 4)
    .reloc 1b, R_RISCV_RELAX
2:  sw a0, %pcrel_lo(1b)(a1)
    .reloc 2b, R_RISCV_RELAX

// An unmarked lower part keeps its upper part.
    .section .pcbad, "ax"
1:  auipc a0, %pcrel_hi(variable)
    lw a1, %pcrel_lo(1b)(a0)
    .option norelax
    lw a2, %pcrel_lo(1b)(a0)
    .option relax

    .section .got.code, "ax"
    .option pic
    la a0, variable
    la a0, ones
    la a0, one
    la a0, port

    .data
    .globl variable
variable: .word 1, 2
