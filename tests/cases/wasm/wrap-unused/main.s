// A name that no file mentions is not wrapped.
//# args: --no-entry --export=run --wrap=nothing
//# run: run(5) = 11
//# compare: rust-lld

    .functype twice (i32) -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    local.get 0
    call twice
    i32.const 1
    i32.add
    end_function
