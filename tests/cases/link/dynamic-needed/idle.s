    .globl idle
idle:
    ret
