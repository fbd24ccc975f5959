    .section .text.on_click,"",@
    .globl on_click
    .type on_click,@function
on_click:
    .functype on_click () -> (i32)
    i32.const 3
    end_function

