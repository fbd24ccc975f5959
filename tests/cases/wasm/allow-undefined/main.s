// What nobody defines comes from the host, under `env`.
//# args: --no-entry --export=f --allow-undefined
//# shows: --allow-undefined
//# imports: function env.host
//# run: f(5) = 5
//# compare: rust-lld

    .functype host (i32) -> (i32)
    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f (i32) -> (i32)
    local.get 0
    call host
    i32.const missing
    i32.add
    end_function
