// An initialiser cannot take parameters.
//# args: --no-entry --export=init
//# expect-error: initialiser `init` takes parameters
//# expect-error: it is `(i32)`
//# compare: rust-lld

    .section .text.init,"",@
    .globl init
    .type init,@function
init:
    .functype init (i32) -> ()
    end_function

    .section .init_array,"",@
    .p2align 2
    .int32 init
