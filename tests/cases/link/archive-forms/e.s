    .globl e
e: ret
