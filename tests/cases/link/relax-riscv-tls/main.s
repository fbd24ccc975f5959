// Thread-local data of a static program: descriptors and local exec shrink to one instruction where
// the offset has 12 bits, and to two otherwise.
//# target: riscv64gc-unknown-linux-gnu, riscv32gc-unknown-linux-gnu
//# args: -static -T link.x
//# compare: rust-lld
//# differs: segments - lld ends the last one elsewhere
//# check: size(.near) == 4 && size(.far) == 8
//# check: size(.le.near) == 4 + 4 && size(.le.far) == 16
    .option relax
    .macro desc name
.Ldesc\name:
    auipc a0, %tlsdesc_hi(\name)
    .reloc .Ldesc\name, R_RISCV_RELAX
    lw a1, %tlsdesc_load_lo(.Ldesc\name)(a0)
    addi a0, a0, %tlsdesc_add_lo(.Ldesc\name)
    jalr t0, 0(a1), %tlsdesc_call(.Ldesc\name)
    .endm
    .globl _start
_start:
    ret
    .section .near, "ax"
    desc a
    .section .far, "ax"
    desc c
    .section .le.near, "ax"
    lui a0, %tprel_hi(b)
    add a0, a0, tp, %tprel_add(b)
    sw a1, %tprel_lo(b)(a0)
    lw a1, %tprel_lo(b)(a0)
    .section .le.far, "ax"
    lui a0, %tprel_hi(c)
    add a0, a0, tp, %tprel_add(c)
    sw a1, %tprel_lo(c)(a0)
    lw a1, %tprel_lo(c)(a0)

    .section .tdata, "awT", @progbits
    .balign 8
    .globl a, b, c
a:  .long 1
b:  .long 2
    .section .tbss, "awT", @nobits
    .space 2100
c:  .long 0
