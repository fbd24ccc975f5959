    .functype c () -> (i32)
    .section .text.b,"",@
    .globl b
    .type b,@function
b:
    .functype b () -> (i32)
    call c
    end_function
