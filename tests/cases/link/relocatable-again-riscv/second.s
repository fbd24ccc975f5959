    .text
    .globl second
second:
    lla a1, .Lvalue
    lw a0, 0(a1)
    lui a1, %hi(value)
    lw a2, %lo(value)(a1)
    add a0, a0, a2
    ret
    .data
    .long 0
.Lvalue: .long 10
value: .long 11
