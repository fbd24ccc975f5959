    .section .text.b,"",@
    .globl b
    .type b,@function
b:
    .functype b () -> (i32)
    i32.const 1
    end_function
