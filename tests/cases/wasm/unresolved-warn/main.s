// `warn` is a choice of other linkers, and ours.
//# args: --no-entry --export=run --unresolved-symbols=warn
//# expect-warning: undefined symbol: `missing`
//# run: run() = trap

    .functype missing () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call missing
    end_function
