// A function here is a variable there.
//# args: --no-entry --export=run
//# expect-error: `thing`
//# compare: rust-lld

    .functype thing () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call thing
    end_function
