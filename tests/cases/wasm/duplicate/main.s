// Two strong definitions: both files are named.
//# args: --no-entry --export=f
//# expect-error: symbol `f` is defined twice
//# expect-error: first in `main.o`
//# expect-error: and again in `other.o`

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
