    .globl lazy
lazy: .quad 0
