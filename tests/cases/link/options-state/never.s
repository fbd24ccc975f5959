    .globl never
never: .quad 0
