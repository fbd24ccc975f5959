// A call that expects another type than the function has traps; everybody else is fine.
//# args: --no-entry --export=wrong --export=right
//# expect-warning: function `callee` is declared with different types
//# run: right() = 4
//# run: wrong() = trap
//# compare: rust-lld

    .functype callee (i64) -> (i32)
    .section .text.wrong,"",@
    .globl wrong
    .type wrong,@function
wrong:
    .functype wrong () -> (i32)
    i64.const 1
    call callee
    end_function
