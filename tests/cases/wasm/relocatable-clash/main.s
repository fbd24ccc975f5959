// An object has no entry point and is not laid out.
//# args: -r --gc-sections
//# shows: -r
//# shows: --gc-sections
//# expect-error: `--relocatable` and `--gc-sections` cannot go together
//# compare: rust-lld

    .functype twice (i32) -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    local.get 0
    call twice
    i32.const 1
    i32.add
    end_function
