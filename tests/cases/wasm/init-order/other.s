    .functype note (i32) -> ()
    .section .text.other_last,"",@
    .type other_last,@function
other_last:
    .functype other_last () -> ()
    i32.const 4
    call note
    end_function

    .section .init_array,"",@
    .p2align 2
    .int32 other_last
