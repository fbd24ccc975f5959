// --allow-undefined-file: functions that the file lists may be missing; they become imports.
//# args: --no-entry --export=f --allow-undefined-file=names.txt
//# shows: --allow-undefined-file=names.txt
//# imports: function env.nowhere
//# compare: rust-lld

    .functype nowhere () -> ()

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    call nowhere
    end_function
