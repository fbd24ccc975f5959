// Long runs of zeros in data are left out of the module, and are zero all the same.
//# args: --no-entry --export=load
//# compare: rust-lld
//# segments: .data 0x10000+1, ? 0x10044+1
//# run: load(0) = 7
//# run: load(4) = 0
//# run: load(64) = 0
//# run: load(68) = 9
//# run: load(72) = 0
//# run: load(100) = 0

    .section .text.load,"",@
    .globl load
    .type load,@function
load:
    .functype load (i32) -> (i32)
    local.get 0
    i32.load sparse
    end_function

    .section .data.sparse,"",@
    .globl sparse
    .type sparse,@object
    .p2align 2
sparse:
    .int32 7
    .skip 64
    .int32 9
    .skip 32
    .size sparse, 104
