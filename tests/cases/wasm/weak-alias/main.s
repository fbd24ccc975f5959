// A weak name of a function that has another, taken by address, called, and replaced by a strong one.
//# args: --no-entry --export=run --export=slot --export=direct
//# run: run() = 7
//# run: direct() = 1
//# compare: rust-lld

    .functype alias_fn () -> (i32)
    .functype direct_fn () -> (i32)
    .tabletype __indirect_function_table, funcref
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const alias_fn
    call_indirect __indirect_function_table, () -> (i32)
    end_function
    .section .text.direct,"",@
    .globl direct
    .type direct,@function
direct:
    .functype direct () -> (i32)
    call direct_fn
    end_function
    .section .text.slot,"",@
    .globl slot
    .type slot,@function
slot:
    .functype slot () -> (i32)
    i32.const direct_fn
    end_function
    .section .text.direct_fn,"",@
    .globl direct_fn
    .type direct_fn,@function
direct_fn:
    .functype direct_fn () -> (i32)
    i32.const 1
    end_function
    .weak alias_fn
    .type alias_fn,@function
    .set alias_fn, direct_fn
