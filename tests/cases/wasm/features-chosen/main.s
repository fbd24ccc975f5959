// An object uses what the command line does not choose.
//# rustc: -Ctarget-feature=+atomics
//# args: --no-entry --export=run --features=mutable-globals
//# expect-error: feature `atomics` is not in `--features`
//# expect-error: feature `
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
