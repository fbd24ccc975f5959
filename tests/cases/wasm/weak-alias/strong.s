    .section .text.alias_fn,"",@
    .globl alias_fn
    .type alias_fn,@function
alias_fn:
    .functype alias_fn () -> (i32)
    i32.const 7
    end_function
