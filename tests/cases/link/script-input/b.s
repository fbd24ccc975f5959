    .data
    .globl in_b
in_b: .long 2
