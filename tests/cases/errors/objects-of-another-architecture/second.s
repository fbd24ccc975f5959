.globl second
second:
    ret
