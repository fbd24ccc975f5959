// With `--noinhibit-exec` two definitions are a warning; as with wasm-ld, the last counts.
//# args: main.o other.o --no-entry --export=run --noinhibit-exec
//# shows: --noinhibit-exec
//# expect-warning: symbol `run` is defined twice
//# run: run() = 2
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

