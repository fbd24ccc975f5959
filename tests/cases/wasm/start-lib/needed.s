    .section .text.needed,"",@
    .globl needed
    .type needed,@function
needed:
    .functype needed () -> (i32)
    i32.const 2
    end_function
