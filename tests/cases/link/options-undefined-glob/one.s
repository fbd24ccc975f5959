    .globl handler_one
handler_one: .quad 0
