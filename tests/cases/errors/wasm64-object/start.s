.globl _start
_start:
    .functype _start () -> ()
    end_function
.section .data.value,"",@
.globl value
.type value,@object
value:
    .int64 value
    .size value, 8
