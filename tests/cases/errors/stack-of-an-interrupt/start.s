.section .vector_table,"a"
.long _stack_start, _start, timer
.text
.globl _start, timer
.type _start, %function
.type timer, %function
_start:
    .long _stack_start, _stack_end
timer: bx lr
.section .stack_sizes, "o", %progbits, .text
.long _start
.uleb128 192
.long timer
.uleb128 96
