    .globl helper
helper: .quad 0
