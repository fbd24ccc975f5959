    .globl twice
twice: nop
