    .section .text.callee,"",@
    .globl callee
    .type callee,@function
callee:
    .functype callee () -> (i32)
    i32.const 4
    end_function
