// Warnings become errors.
//# args: --no-entry --export=run --fatal-warnings --warn-unresolved-symbols
//# shows: --fatal-warnings
//# expect-error: undefined symbol: `missing`
//# refused: main.o: undefined symbol: missing
//# compare: rust-lld

    .functype missing () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call missing
    end_function
