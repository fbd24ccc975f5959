.globl _start
.type _start, %function
_start:
    .long _stack_start, _stack_end
.section .stack_sizes, "o", %progbits, .text
.long _start
.uleb128 1024
