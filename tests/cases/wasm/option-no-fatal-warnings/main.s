// --no-fatal-warnings takes back --fatal-warnings.
//# args: --no-entry --export=f -z nothing --fatal-warnings --no-fatal-warnings
//# shows: --no-fatal-warnings
//# expect-warning: unknown keyword `nothing` of `-z`
//# exports: memory memory, function f
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
