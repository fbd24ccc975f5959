// With threads, a global for the address of a thread-local variable is each thread's own.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=get --shared-memory --import-memory --max-memory=1048576 --initial-memory=1048576
//# args: --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__heap_base
//# compare: rust-lld
//# engine: node
//# workers: 2
//# worker: get() = 7

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get mine@GOT@TLS
    i32.load 0
    end_function

    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4
