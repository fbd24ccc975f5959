// Threads and 64-bit addresses together.
//# target: wasm64-unknown-unknown
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: -mwasm64 --no-entry --export=get --shared-memory --import-memory --max-memory=1048576
//# args: --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__tls_base
//# memory: 2..16 shared 64-bit
//# value: __tls_size = 8
//# compare: rust-lld

    .globaltype __tls_base, i64
    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i64)
    global.get __tls_base
    i64.const mine@TLSREL
    i64.add
    i64.load 0
    i64.const zeros
    i64.load 0
    i64.add
    end_function

    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 3
mine:
    .int64 7
    .size mine, 8

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 3
zeros:
    .skip 8
    .size zeros, 8
