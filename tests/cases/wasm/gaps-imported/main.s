// A memory from outside may hold anything, so its zeros are written.
//# args: --no-entry --export=f --import-memory
//# compare: rust-lld
//# segments: .data 0x10000+72

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const sparse
    end_function

    .section .data.sparse,"",@
    .globl sparse
    .type sparse,@object
    .p2align 2
sparse:
    .int32 7
    .skip 64
    .int32 9
    .size sparse, 72
