// Initialisers stay a list in an object that can be linked again.
//# args: -r
//# compare: rust-lld

    .section .text.first,"",@
    .type first,@function
first:
    .functype first () -> ()
    end_function

    .section .init_array.5000,"",@
    .p2align 2
    .int32 first
