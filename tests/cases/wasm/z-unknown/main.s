// Keywords of `-z` that nobody knows are warned of.
//# args: --no-entry --export=run -z now
//# expect-warning: unknown keyword `now` of `-z`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

