// A wrapper that nobody defines is an import of the type that the callers expect.
//# args: --no-entry --export=run --wrap=twice --allow-undefined
//# imports: function env.__wrap_twice
//# run: run(5) = 6
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
