// The entry point has to be there.
//# args: --export=run
//# expect-error: `_start`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
