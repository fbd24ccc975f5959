// --no-print-gc-sections takes back --print-gc-sections.
//# args: --no-entry --export=f --print-gc-sections --no-print-gc-sections
//# shows: --no-print-gc-sections
//# absent: dead
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function

    .section .text.dead,"",@
    .globl dead
    .type dead,@function
dead:
    .functype dead () -> ()
    end_function
