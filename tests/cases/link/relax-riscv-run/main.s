// A program of relaxed calls, data, thread-local data and a jump table computes what it should.
//# target: riscv64gc-unknown-linux-gnu, riscv32gc-unknown-linux-gnu
//# args: -static -T link.x --eh-frame-hdr
//# run: 0
//# stdout: hello
//# check: size(.text) < 0xa2
    .option relax
    .globl _start
    .type _start, @function
_start:
    .cfi_startproc
    .option push
    .option norelax
    lla gp, __global_pointer$
    .option pop
    lla tp, block
    lui a0, %tprel_hi(b)
    add a0, a0, tp, %tprel_add(b)
    lw a1, %tprel_lo(b)(a0)
    sw a1, %tprel_lo(b+4)(a0)
    lui a0, %hi(small)
    lw a0, %lo(small)(a0)
    bnez a0, bad
    lla a0, value
    lw a0, 0(a0)
    addi a0, a0, -2
    .balign 8
    call jump
    li t0, 30
    bne a0, t0, bad
    lla a0, value
    sw zero, 0(a0)
    .option push
    .option pic
    la a1, value
    .option pop
    lw a1, 0(a1)
    bnez a1, bad
    la a2, weak
    bnez a2, bad
    .cfi_def_cfa_offset 16
    li a7, 64
    li a0, 1
    lla a1, message
    li a2, 6
    ecall
    tail quit
bad:
    li a0, 1
    li a7, 93
    ecall
    .cfi_endproc
    .size _start, . - _start
quit:
    li a0, 0
    li a7, 93
    ecall

// a0 * 4 into a table of distances.
jump:
    .cfi_startproc
    lla t0, table
    slli a0, a0, 2
    add a0, a0, t0
    lw a0, 0(a0)
    add t0, t0, a0
    jr t0
case0:
    tail ten
case1:
    li a0, 20
    ret
case2:
    call t0, thirty
    ret
    .cfi_endproc
ten:
    li a0, 10
    ret
thirty:
    li a0, 30
    jr t0

    .weak weak
    .section .rodata, "a"
    .balign 4
table:
    .word case0 - table, case1 - table, case2 - table
message: .ascii "hello\n"
    .data
value: .word 4
    .bss
small: .word 0
    .section .tdata, "awT", @progbits
    .balign 8
    .globl a, b
a:  .long 1
b:  .long 2, 3
    .section .bss.block, "aw", @nobits
    .balign 64
block:
    .space 512
