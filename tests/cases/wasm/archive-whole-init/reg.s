    .section .text.register,"",@
    .type register,@function
register:
    .functype register () -> ()
    i32.const 0
    i32.const 5
    i32.store value
    end_function

    .section .init_array,"",@
    .p2align 2
    .int32 register
