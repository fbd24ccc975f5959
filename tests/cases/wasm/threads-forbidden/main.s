// An object built without atomics cannot share its memory, and says so.
//# rustc: main.s: -Ctarget-feature=+atomics,+bulk-memory
//# args: --no-entry --export=f --export=old --shared-memory --max-memory=1048576
//# expect-error: 2 objects cannot be used with `--shared-memory`
//# expect-error: `old.o`
//# expect-error: `older.o`
//# expect-error: -C target-feature=+atomics,+bulk-memory
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
