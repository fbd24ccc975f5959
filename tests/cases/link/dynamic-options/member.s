    .globl member
member:
    ret
