// Old compilers mark a segment as thread-local by its name alone, and no symbol at all.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=get --shared-memory --max-memory=1048576 --export=__wasm_init_tls
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const mine
    i32.load 0
    end_function
    .section .tdata.mine,"",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4
