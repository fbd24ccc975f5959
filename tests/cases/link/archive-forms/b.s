    .globl b
b: ret
