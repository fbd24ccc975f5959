// The other way round.
//# target: wasm64-unknown-unknown
//# args: --no-entry --export=run -mwasm32
//# expect-error: `main.o` uses 64-bit addresses
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
