.globl _start
_start:
    .functype _start () -> ()
    end_function
