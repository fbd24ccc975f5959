// Sizes are whole pages.
//# args: --no-entry --export=get --initial-memory=100000 --max-memory=200000 --initial-heap=5
//# shows: --initial-heap=5
//# expect-error: initial memory 100000 is not a multiple of 65536
//# expect-error: use 131072
//# expect-error: maximum memory 200000 is not a multiple of 65536
//# expect-error: initial heap 5 is not a multiple of 65536
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const value
    i32.load 0
    i32.const zeros
    i32.load 0
    i32.add
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 3
zeros:
    .skip 100
    .size zeros, 100
