// More than 4 GiB: addresses do not fit 32 bits any more.
//# target: wasm64-unknown-unknown
//# args: -mwasm64 --no-entry --export=where --export=value --global-base=8589934592
//# args: --initial-memory=8590000128 --max-memory=12884901888
//# shows: --global-base=8589934592
//# memory: 131073..196608 64-bit
//# value: value = 0x200000000
//# compare: rust-lld

    .section .text.where,"",@
    .globl where
    .type where,@function
where:
    .functype where () -> (i64)
    i64.const value
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 3
value:
    .int64 value
    .size value, 8
