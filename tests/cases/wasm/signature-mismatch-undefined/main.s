// Two types of one import.
//# args: --no-entry --export=call --export=other --allow-undefined
//# expect-error: function `f` is declared with different types
//# compare: rust-lld

    .functype f () -> (i32)
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    call f
    end_function
