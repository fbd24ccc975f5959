// The stack is a multiple of 16 bytes.
//# args: --no-entry --export=run -z stack-size=100
//# expect-error: stack
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
