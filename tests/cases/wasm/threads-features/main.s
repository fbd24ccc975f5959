// Shared memory takes atomics and bulk memory.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=f --shared-memory --max-memory=1048576
//# shows: --shared-memory
//# expect-error: shared memory needs the feature `atomics`
//# expect-error: shared memory needs the feature `bulk-memory`
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
