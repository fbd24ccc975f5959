// --error-unresolved-symbols takes back --warn-unresolved-symbols.
//# args: --no-entry --export=f --warn-unresolved-symbols --error-unresolved-symbols
//# shows: --error-unresolved-symbols
//# expect-error: undefined symbol: `nowhere`

    .functype nowhere () -> ()

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    call nowhere
    end_function
