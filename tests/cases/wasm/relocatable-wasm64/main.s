// Objects for 64-bit memories are joined like others.
//# target: wasm64-unknown-unknown
//# first: joined.o = -r -mwasm64 main.o
//# args: -mwasm64 --no-entry --export=get joined.o
//# memory: 2 64-bit
//# run: get() = 7
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i64.const 0
    i32.load value
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 7
    .size value, 4
