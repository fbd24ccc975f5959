    .functype malloc () -> ()
    .functype printf () -> ()
    .functype memcpy () -> ()
    .functype sin () -> ()
    .functype pthread_create () -> ()
    .functype __cxa_throw () -> ()
    .functype setjmp () -> ()
    .functype __wbindgen_throw () -> ()
    .functype emscripten_get_now () -> ()
    .functype __getrandom_v03_custom () -> ()
    .functype rust_begin_unwind () -> ()
    .functype __rust_alloc () -> ()
    .functype __udivti3 () -> ()
    .functype _Unwind_RaiseException () -> ()
    .functype _ZN6Driver4initEv () -> ()
    .functype _ZN4core9panicking5panic17h0123456789abcdefE () -> ()
    .functype __stack_chk_fail () -> ()
    .functype __wasi_fd_write () -> ()
    .functype socket () -> ()
    .functype __wasm_init_tls () -> ()

    .section .text.start,"",@
    .globl start
start:
    .functype start () -> ()
    call malloc
    call printf
    call memcpy
    call sin
    call pthread_create
    call __cxa_throw
    call setjmp
    call __wbindgen_throw
    call emscripten_get_now
    call __getrandom_v03_custom
    call rust_begin_unwind
    call __rust_alloc
    call __udivti3
    call _Unwind_RaiseException
    call _ZN6Driver4initEv
    call _ZN4core9panicking5panic17h0123456789abcdefE
    call __stack_chk_fail
    call __wasi_fd_write
    call socket
    call __wasm_init_tls
    end_function
