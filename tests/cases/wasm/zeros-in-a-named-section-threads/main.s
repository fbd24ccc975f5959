// The same where memory is shared, after data that are none.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory
//# args: --no-entry --export=get --shared-memory --max-memory=1048576 --import-memory
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const 0
    i32.load zeros
    i32.const 0
    i32.load value
    i32.add
    end_function
    .section mine,"",@
    .globl zeros
    .type zeros,@object
    .p2align 2
zeros:
    .int32 0
    .size zeros, 4
    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4
    .section .bss.clear,"",@
    .globl clear
    .type clear,@object
    .p2align 2
clear:
    .skip 4
    .size clear, 4
