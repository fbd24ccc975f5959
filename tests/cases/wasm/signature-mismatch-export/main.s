// Two types of one function: the definition's is exported, other calls trap.
//# args: --no-entry --export=f --export=call
//# expect-warning: function `f` is declared with different types
//# run: f(1) = 1
//# run: call() = trap
//# compare: rust-lld

    .functype f () -> (i32)
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    call f
    end_function
