// Two limits.
//# args: --no-entry --export=f --max-memory=131072 --no-growable-memory
//# shows: --no-entry
//# shows: --max-memory=131072
//# shows: --no-growable-memory
//# expect-error: `--max-memory` and `--no-growable-memory` contradict each other
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
