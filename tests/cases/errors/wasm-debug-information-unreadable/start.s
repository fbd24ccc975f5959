.globl g
g:
    .functype g () -> ()
    end_function
.globl f
f:
    .functype f () -> ()
    call g
    end_function
.section .debug_info,"",@
.int32 8
.int16 77
.int16 0
.int32 g
