    .globl a
a: ret
