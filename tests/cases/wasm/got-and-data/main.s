// Data beside code that reads the same address from a global.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=get --export=table
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get own@GOT
    i32.load 0
    end_function
    .section .data.table,"",@
    .globl table
    .type table,@object
    .p2align 2
table:
    .int32 own
    .int32 own+4
    .size table, 8
    .section .data.own,"",@
    .globl own
    .type own,@object
    .p2align 2
own:
    .int32 3
    .size own, 4
