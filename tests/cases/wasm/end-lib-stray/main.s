// `--end-lib` has to end something.
//# args: --no-entry main.o --end-lib
//# shows: --end-lib
//# expect-error: `--end-lib` without
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

