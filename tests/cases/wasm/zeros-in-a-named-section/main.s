// All zeros, in a section of a name of its own.
//# args: --no-entry --export=get --no-merge-data-segments
//# run: get() = 0
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const 0
    i32.load zeros
    end_function
    .section mine,"",@
    .globl zeros
    .type zeros,@object
    .p2align 2
zeros:
    .int32 0
    .size zeros, 4
