    .section .text.d,"",@
    .globl d
    .type d,@function
d:
    .functype d () -> (i32)
    i32.const 3
    end_function
