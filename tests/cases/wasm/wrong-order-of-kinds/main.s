// One name for two kinds of things.
//# args: --no-entry --export=f
//# expect-error: symbol `thing` is a function and a variable
//# compare: rust-lld

    .functype thing () -> ()
    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    call thing
    end_function
