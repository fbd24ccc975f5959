    .text
    .globl shared
shared: ret
