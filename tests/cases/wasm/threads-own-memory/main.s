// Shared memory that the module makes itself.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory
//# args: --no-entry --export=f --shared-memory --max-memory=262144 --no-stack-first -z stack-size=1024
//# shows: --no-stack-first
//# exports: memory memory, function f
//# memory: 1..4 shared
//# compare: rust-lld
//# engine: node
//# run: f() = 3

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const 0
    i32.load value
    end_function

    .section .data.value,"",@
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4
