.globl first
first:
    ret
