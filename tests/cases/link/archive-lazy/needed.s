    .globl needed
needed: b chained
