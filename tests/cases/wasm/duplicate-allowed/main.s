// The first of two strong definitions, when that is allowed.
//# args: --no-entry --export=f --allow-multiple-definition
//# shows: --export=f
//# shows: --allow-multiple-definition
//# run: f() = 1
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const 1
    end_function
