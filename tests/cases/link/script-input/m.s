    .data
    .globl in_m
in_m: .long 3
    .quad in_n
