// `--import-memory=NAME` is about the module `env`, and data start where they do without `--global-base`, of which 0
// means nothing.
//# args: --no-entry --export=run --import-memory=heap --global-base=0
//# shows: --import-memory=heap
//# imports: memory env.heap
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

