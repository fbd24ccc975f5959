    .section .text.early,"",@
    .globl early
    .type early,@function
early:
    .functype early () -> ()
    end_function
    .section .text.twice,"",@
    .globl twice
    .type twice,@function
twice:
    .functype twice () -> (i32)
    i32.const 1
    end_function

    .section .init_array.100,"",@
    .p2align 2
    .int32 early
