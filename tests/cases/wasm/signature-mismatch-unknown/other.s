    .functype f () -> (i32)
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    call f
    end_function
