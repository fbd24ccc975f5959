// --check-features takes back --no-check-features.
//# rustc: main.s: -Ctarget-feature=+atomics,+bulk-memory
//# args: --no-entry --export=f --export=old --shared-memory --max-memory=1048576 --no-check-features --check-features
//# shows: --check-features
//# expect-error: `old.o`

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
