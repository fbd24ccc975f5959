    .section .text.early,"",@
    .type early,@function
early:
    .functype early () -> ()
    i32.const 0
    i32.const 2
    i32.store value
    end_function

    .section .init_array.100,"",@
    .p2align 2
    .int32 early
