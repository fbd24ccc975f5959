    .globl f
    .type f, %function
f:  ret
