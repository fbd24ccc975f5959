// With `--no-demangle` names are symbols' names, but for `main` with arguments.
//# args: --no-entry --export=__main_argc_argv --export=_Z1fv --no-demangle
//# shows: --no-demangle
//# present: main _Z1fv
//# compare: rust-lld

    .section .text._Z1fv,"",@
    .globl _Z1fv
    .type _Z1fv,@function
_Z1fv:
    .functype _Z1fv () -> ()
    end_function

    .section .text.__main_argc_argv,"",@
    .globl __main_argc_argv
    .type __main_argc_argv,@function
__main_argc_argv:
    .functype __main_argc_argv (i32, i32) -> (i32)
    i32.const 0
    end_function
