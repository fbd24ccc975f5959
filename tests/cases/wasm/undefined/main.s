// Undefined functions and data are told of, with those who refer to them.
//# args: --no-entry --export=run
//# expect-error: undefined symbol: `missing`
//# expect-error: undefined symbol: `number`
//# expect-error: referenced by `run` in main.o
//# compare: rust-lld

    .functype missing () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call missing
    drop
    i32.const 0
    i32.load number
    end_function
