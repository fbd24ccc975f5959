// --demangle takes back --no-demangle.
//# args: --no-entry --export=_Z1fv --no-demangle --demangle
//# shows: --demangle
//# present: f()
//# compare: rust-lld

    .section .text._Z1fv,"",@
    .globl _Z1fv
    .type _Z1fv,@function
_Z1fv:
    .functype _Z1fv () -> ()
    end_function
