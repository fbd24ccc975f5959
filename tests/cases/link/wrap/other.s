    .globl f, slot2
f:  nop
    ret
    .data
slot2: .quad f
