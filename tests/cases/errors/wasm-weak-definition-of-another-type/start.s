.functype resize (i32) -> ()
.globl _start
_start:
    .functype _start () -> ()
    i32.const 1
    call resize
    end_function
