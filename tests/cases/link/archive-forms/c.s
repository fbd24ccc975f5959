    .globl c
c: ret
