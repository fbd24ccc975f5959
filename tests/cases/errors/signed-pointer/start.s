.globl _start
_start:
    ret
.data
.quad (_start + 0)@AUTH(da, 42)
