    .text
    nop
    .balign 8
    .globl third
third:
.Lhere:
    auipc a1, %pcrel_hi(.Lvalue)
    lw a2, %pcrel_lo(.Lhere)(a1)
    add a0, a0, a2
    lla a1, .Llength
    lw a2, 0(a1)
    add a0, a0, a2
    ret
.Lend:
    .data
    .long 0, 0
.Lvalue: .long 11
    .section .rodata, "a"
.Llength: .long .Lsecond - .Lfirst
.Lfirst: .zero 10
.Lsecond:
