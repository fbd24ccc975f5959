// One table that two files import under names of their own.
//# rustc: -Ctarget-feature=+reference-types
//# args: --no-entry --export=first --export=second
//# imports: table m.x
//# compare: rust-lld

    .functype second () -> (i32)
    .tabletype one, funcref
    .import_module one, m
    .import_name one, x

    .section .text.first,"",@
    .globl first
    .type first,@function
first:
    .functype first () -> (i32)
    table.size one
    end_function
