    .globl whole
whole: .quad 0
