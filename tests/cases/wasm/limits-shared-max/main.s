// A shared memory's limit is below its size.
//# args: --no-entry --export=get --shared-memory --no-check-features --max-memory=65536
//# shows: --no-check-features
//# expect-error: maximum memory too small: 65536 bytes, 131072 needed
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
