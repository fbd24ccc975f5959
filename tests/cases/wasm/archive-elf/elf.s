    .globl foreign
foreign:
    ret
