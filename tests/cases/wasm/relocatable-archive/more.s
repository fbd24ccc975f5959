    .section .text.later,"",@
    .globl later
    .type later,@function
later:
    .functype later (i32) -> (i32)
    local.get 0
    i32.const 5
    i32.add
    end_function
