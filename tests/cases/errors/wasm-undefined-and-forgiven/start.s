.functype host () -> ()
.globl _start
_start:
    .functype _start () -> ()
    call host
    end_function
