    .data
    .globl twice
twice: .quad 2
