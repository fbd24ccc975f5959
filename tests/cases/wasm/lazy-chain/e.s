    .section .text.e,"",@
    .globl e
    .type e,@function
e:
    .functype e () -> (i32)
    i32.const 3
    end_function
