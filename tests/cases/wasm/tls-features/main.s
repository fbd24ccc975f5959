// Thread-local data without atomics: the compiler had no threads in mind.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=get
//# expect-error: thread-local storage needs the feature `atomics`
//# expect-error: thread-local storage needs the feature `bulk-memory`
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const mine@TLSREL
    end_function

    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4
