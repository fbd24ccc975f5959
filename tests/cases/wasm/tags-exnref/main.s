// `try_table` names tags too.
//# rustc: -Ctarget-feature=+exception-handling,+reference-types,+multivalue
//# args: --no-entry --export=run
//# tags: (i32)
//# compare: rust-lld

    .tagtype own i32

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    block i32
    try_table (catch own 0)
    local.get 0
    throw own
    end_try_table
    i32.const 0
    return
    end_block
    end_function

    .globl own
own:
