    .globl unused
unused: ret
