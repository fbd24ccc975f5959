    .section .text.twice,"",@
    .globl twice
    .type twice,@function
twice:
    .functype twice (i32) -> (i32)
    local.get 0
    i32.const 2
    i32.mul
    end_function
