// Thread-local variables cannot come from another module.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=get --shared-memory --max-memory=1048576 --allow-undefined
//# expect-error: thread-local variable `mine` is not defined
//# expect-error: `main.o` refers to it
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
