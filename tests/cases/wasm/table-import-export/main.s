// A table cannot come from outside and go there.
//# args: --no-entry --export=f --import-table --export-table
//# shows: --import-table
//# shows: --export-table
//# expect-error: `--import-table` and `--export-table`
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
