// Two strong definitions: both files are named.
//# args: --no-entry --export=f
//# expect-error: symbol `f` is defined twice
//# expect-error: first defined in main.o
//# expect-error: defined again in other.o
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
