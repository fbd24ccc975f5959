    .comm room, 8, 4
    .data
    .globl of_other
of_other: .long 1
