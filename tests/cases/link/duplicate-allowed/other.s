    .globl twice
twice: ret
