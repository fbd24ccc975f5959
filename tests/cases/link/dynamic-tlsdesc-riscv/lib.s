    .section .tdata, "awT", @progbits
    .globl theirs
    .type theirs, @object
    .size theirs, 8
theirs:
    .quad 1
