// Threads without thread-local data: what a runtime asks for is there all the same.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=get --shared-memory --import-memory --max-memory=1048576
//# args: --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__tls_base
//# value: __tls_size = 0
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const 0
    i32.load value
    end_function

    .section .data.value,"",@
    .type value,@object
    .p2align 2
value:
    .int32 1
    .size value, 4
