    .section .text.driver_init,"",@
    .globl driver_init
driver_init:
    .functype driver_init () -> ()
    end_function

    .section .text.rust_begin_unwind,"",@
    .globl rust_begin_unwind
rust_begin_unwind:
    .functype rust_begin_unwind () -> ()
    end_function

    .section .text.memcpy,"",@
    .globl memcpy
memcpy:
    .functype memcpy () -> ()
    end_function
