.globl _start
.type _start, %function
_start:
    mrs x0, tpidr_el0
    add x0, x0, :tprel_hi12:counter
    add x0, x0, :tprel_lo12_nc:counter
    ret
.size _start, 16
.data
counter: .quad 0
