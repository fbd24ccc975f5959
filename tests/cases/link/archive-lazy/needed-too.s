    .globl chained
chained: ret
