// Local exec and initial exec; general dynamic has GOT entries with the constant offsets of a
// static program.
//# target: riscv64gc-unknown-linux-gnu, riscv32gc-unknown-linux-gnu
//# args: -static -T link.x
//# compare: rust-lld
//# lld-args: -z norelro
//# differs: section .got - no slot is reserved for _DYNAMIC, and the order of slots is another
//# differs: contents .text - see above
//# differs: segments - see above
//# run: 0
    .globl _start
_start:
    lla tp, block
    lui a0, %tprel_hi(a)
    add a0, a0, tp, %tprel_add(a)
    addi a0, a0, %tprel_lo(a)
    li a1, 11
    sw a1, 0(a0)
    li a1, 22
    sw a1, 4(a0)
    la.tls.ie a0, b
    add a0, a0, tp
    lw a1, 0(a0)
    li a2, 22
    bne a1, a2, bad
    li a0, 0
    j exit
bad:
    li a0, 1
exit:
    li a7, 93
    ecall
    .section .tdata, "awT", @progbits
    .balign 8
    .globl a, b
a:  .long 1
b:  .long 2
    .section .tbss, "awT", @nobits
    .space 100
    .bss
    .balign 64
block:
    .space 512
