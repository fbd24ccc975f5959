    .functype f () -> (i32)
    .section .text.other,"",@
    .globl other
    .type other,@function
other:
    .functype other () -> (i32)
    call f
    end_function
