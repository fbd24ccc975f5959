// The same without threads.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export-dynamic
//# shows: --export-dynamic
//# value: mine = 4
//# run: get() = 7
//# compare: rust-lld

    .globaltype __tls_base, i32
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get __tls_base
    i32.const mine@TLSREL
    i32.add
    i32.load 0
    end_function

    .section .tdata.first,"TR",@
    .globl first
    .type first,@object
    .p2align 2
first:
    .int32 5
    .size first, 4

    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4

    .section .data.plain,"",@
    .globl plain
    .type plain,@object
    .p2align 2
plain:
    .int32 1
    .size plain, 4
