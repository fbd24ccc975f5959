    .globl chained, second
    .globl chained
chained: ret
