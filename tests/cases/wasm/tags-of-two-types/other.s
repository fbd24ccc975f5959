    .tagtype problem i64
    .globl problem
problem:
