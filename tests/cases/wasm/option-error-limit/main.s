// --error-limit: of many mistakes so many are told.
//# args: --no-entry --export=f --error-limit=1
//# shows: --error-limit=1
//# expect-error: nowhere
//# expect-error: more errors are not shown

    .functype nowhere () -> ()
    .functype nowhere_else () -> ()
    .functype not_there () -> ()

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    call nowhere
    call nowhere_else
    call not_there
    end_function
