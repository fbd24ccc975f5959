// What is not there cannot be exported; `--export-if-defined` does not insist.
//# args: --no-entry --export=run --export=nobody --export-if-defined=nobody_else
//# expect-error: `nobody`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
