    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f (i32) -> (i32)
    local.get 0
    end_function
