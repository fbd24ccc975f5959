// Compilers call a `main` with arguments something else, and people call it `main`.
//# args: --no-entry --export=__main_argc_argv
//# run: __main_argc_argv(1, 2) = 3
//# present: main
//# compare: rust-lld

    .section .text.main,"",@
    .globl __main_argc_argv
    .type __main_argc_argv,@function
__main_argc_argv:
    .functype __main_argc_argv (i32, i32) -> (i32)
    local.get 0
    local.get 1
    i32.add
    end_function
