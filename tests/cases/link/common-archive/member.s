    .data
    .globl value
    .p2align 2
value: .long 5
