// A variable that is thread-local for its user and not where it is defined.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# args: --no-entry --export=get --shared-memory --max-memory=1048576
//# expect-error: `mine` is not thread-local
//# expect-error: `main.o`
//# differs: words: wasm-ld says it twice, of the variable and of its segment
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
