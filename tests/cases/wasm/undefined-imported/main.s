// --import-undefined: functions that are missing become imports of the module env.
//# args: --no-entry --export=f --import-undefined
//# shows: --import-undefined
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
