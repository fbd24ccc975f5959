// A function that two files import by two names.
//# args: --no-entry --export=f --export=g
//# expect-error: function `h` is imported by two names
//# expect-error: from `one` as `h` in main.o
//# expect-error: from `one` as `k` in other.o
//# compare: rust-lld

    .functype h () -> ()
    .import_module h, one
    .import_name h, h

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    call h
    end_function
