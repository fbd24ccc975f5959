// Data cannot start within the stack.
//# args: --no-entry --export=run --stack-first --global-base=1024
//# expect-error: `--global-base`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
