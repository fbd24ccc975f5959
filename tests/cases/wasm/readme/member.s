    .functype helper (i32) -> (i32)
    .section .text.helper,"",@
    .globl helper
    .type helper,@function
helper:
    .functype helper (i32) -> (i32)
    local.get 0
    i32.const 42
    i32.add
    end_function
