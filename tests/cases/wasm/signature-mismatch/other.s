    .functype callee () -> (i32)
    .section .text.right,"",@
    .globl right
    .type right,@function
right:
    .functype right () -> (i32)
    call callee
    end_function

    .section .text.callee,"",@
    .globl callee
    .type callee,@function
callee:
    .functype callee () -> (i32)
    i32.const 4
    end_function
