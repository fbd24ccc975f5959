// A choice that nobody knows.
//# args: --no-entry --export=run --unresolved-symbols=perhaps
//# expect-error: unknown choice `perhaps`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
