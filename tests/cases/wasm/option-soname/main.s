// --soname is the module's name in the name section.
//# args: --no-entry --export=f --soname=libthing.so
//# shows: --soname=libthing.so
//# custom: name
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
