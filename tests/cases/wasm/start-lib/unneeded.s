    .section .text.unneeded,"",@
    .globl unneeded
    .type unneeded,@function
unneeded:
    .functype unneeded () -> (i32)
    i32.const 1
    end_function

    .section .init_array,"",@
    .p2align 2
    .int32 unneeded
