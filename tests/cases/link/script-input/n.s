    .data
    .globl in_n
in_n: .long 4
    .quad in_b
