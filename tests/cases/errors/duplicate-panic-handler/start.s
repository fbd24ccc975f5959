.globl _start
_start: bl rust_begin_unwind
