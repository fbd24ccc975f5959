// Data want the distance to what is found at run time, and its address as well: only the latter can be stored then.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=table --unresolved-symbols=import-dynamic
//# expect-error: need more than the address of `other_data`
//# compare: rust-lld

    .section .data.table,"",@
    .globl table
table:
    .int32 other_data
    .int32 other_data-table
    .size table, 8
