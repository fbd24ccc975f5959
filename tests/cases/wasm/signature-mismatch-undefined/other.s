    .functype f (i32) -> (i32)
    .section .text.other,"",@
    .globl other
    .type other,@function
other:
    .functype other () -> (i32)
    i32.const 1
    call f
    end_function
