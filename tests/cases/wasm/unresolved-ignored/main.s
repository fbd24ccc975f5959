// Forgiven: calls to what nobody defines trap, its address is null.
//# args: --no-entry --export=f --export=g --unresolved-symbols=ignore-all
//# shows: --unresolved-symbols=ignore-all
//# run: f() = trap
//# run: g() = 0
//# compare: rust-lld

    .functype host () -> (i32)
    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    call host
    end_function

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> (i32)
    i32.const missing
    end_function
