// Two imports of one name and of different types are two imports.
//# args: --no-entry --export=first --export=second --no-check-features
//# imports: global m.x, global m.x
//# compare: rust-lld

    .functype second () -> (i64)
    .globaltype g, i32
    .import_module g, m
    .import_name g, x

    .section .text.first,"",@
    .globl first
    .type first,@function
first:
    .functype first () -> (i32)
    global.get g
    end_function
