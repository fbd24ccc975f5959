// Zeros alone: nothing is in the file, but memory has to be cleared once, under the flag.
//# rustc: -Ctarget-feature=+atomics,+bulk-memory
//# args: --no-entry --export=f --shared-memory --import-memory --max-memory=262144
//# start: __wasm_init_memory
//# memory: 2..4 shared
//# compare: rust-lld
//# engine: node
//# run: f() = 0

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const 0
    i32.load zeros
    end_function

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 2
zeros:
    .skip 16
    .size zeros, 16
