// Sizes that are asked for.
//# args: --no-entry --export=get --initial-memory=1048576 --max-memory=2097152
//# shows: --initial-memory=1048576
//# memory: 16..32
//# run: get() = 3
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
