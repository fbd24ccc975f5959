// The same as warnings: calls trap, addresses are null.
//# args: --no-entry --export=run --export=get --warn-unresolved-symbols
//# shows: --warn-unresolved-symbols
//# expect-warning: undefined symbol: `missing`
//# expect-warning: undefined symbol: `number`
//# run: run() = trap
//# run: get() = 0
//# compare: rust-lld

    .functype missing () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call missing
    end_function
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const number
    end_function
