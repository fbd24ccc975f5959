    .globl d
d: ret
