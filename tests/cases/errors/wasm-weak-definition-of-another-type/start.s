.functype resize (f64) -> ()
.globl _start
_start:
    .functype _start () -> ()
    f64.const 1
    call resize
    end_function
