// A 32-bit memory ends at 4 GiB.
//# args: --no-entry --export=get --max-memory=8589934592
//# expect-error: maximum memory of 0x200000000 bytes over the address space
//# expect-error: a 32-bit memory has at most 0x100000000 bytes
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
