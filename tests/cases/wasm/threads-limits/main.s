// A shared memory that names no limit cannot grow: that is worth a word.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory
//# args: --no-entry --export=f --shared-memory
//# expect-warning: shared memory without `--max-memory` cannot grow
//# memory: 2..2 shared
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const 0
    i32.load value
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 1
    .size value, 4
