    .globl other
other: .quad 0
