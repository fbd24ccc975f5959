.globl Reset
Reset: nop
