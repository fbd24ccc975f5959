.globl other
other:
    ret
