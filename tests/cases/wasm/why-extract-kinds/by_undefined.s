    .section .text.by_undefined,"",@
    .globl by_undefined
    .type by_undefined,@function
by_undefined:
    .functype by_undefined () -> (i32)
    i32.const 1
    end_function
