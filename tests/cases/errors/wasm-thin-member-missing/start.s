    .functype helper () -> ()
    .globl _start
_start:
    .functype _start () -> ()
    call helper
    end_function
