.section .vector_table,"a"
.long _stack_start, Reset
.text
.globl Reset
Reset: nop
.data
.long 1
