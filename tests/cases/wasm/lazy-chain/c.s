    .section .text.c,"",@
    .globl c
    .type c,@function
c:
    .functype c () -> (i32)
    i32.const 3
    end_function
