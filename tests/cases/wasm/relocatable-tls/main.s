// Thread-local data of an object that was joined are thread-local.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory,+mutable-globals
//# first: joined.o = -r main.o
//# args: --no-entry --export=get --shared-memory --max-memory=1048576 --export=__wasm_init_tls joined.o
//# segments: .tdata passive+12
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
    .section .tdata.mine,"T",@
    .globl mine
    .type mine,@object
    .p2align 2
mine:
    .int32 7
    .size mine, 4
    .section .tbss.clear,"T",@
    .globl clear
    .type clear,@object
    .p2align 2
clear:
    .skip 8
    .size clear, 8
