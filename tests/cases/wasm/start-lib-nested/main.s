// `--start-lib` has to end before the next.
//# args: --no-entry main.o --start-lib other.o --start-lib --end-lib
//# shows: --start-lib
//# expect-error: `--start-lib` within another
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

