    .section .text.by_export,"",@
    .globl by_export
    .type by_export,@function
by_export:
    .functype by_export () -> (i32)
    i32.const 1
    end_function
