// --fatal-warnings: a warning prevents the output.
//# args: --no-entry --export=f -z nothing --fatal-warnings
//# shows: --fatal-warnings
//# expect-error: unknown keyword `nothing` of `-z`

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
