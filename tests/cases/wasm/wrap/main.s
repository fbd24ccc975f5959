// Users of a wrapped name get the wrapper, which reaches the name through another.
//# args: --no-entry --export=run --wrap=twice
//# run: run(5) = 111
//# calls: run = __wrap_twice
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
