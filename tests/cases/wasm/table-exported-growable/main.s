// A table that the host may grow.
//# args: --no-entry --export=run --export-table --growable-table --table-base=7
//# tables: 8
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const run
    end_function
