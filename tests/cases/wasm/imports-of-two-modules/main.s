// A function that two files import from two modules: the host cannot know which of the two is meant.
//# args: --no-entry --export=f --export=g
//# expect-error: function `h` is imported from two modules
//# expect-error: from `one` as `h` in main.o
//# expect-error: from `two` as `h` in other.o
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
