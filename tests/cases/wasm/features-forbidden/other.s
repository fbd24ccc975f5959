    .section .text.other,"",@
    .globl other
    .type other,@function
other:
    .functype other () -> (i32)
    i32.const 1
    end_function
