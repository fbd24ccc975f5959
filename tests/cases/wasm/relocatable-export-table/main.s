// An object has no table to export.
//# args: -r --export-table
//# expect-error: `--relocatable` and `--export-table`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
