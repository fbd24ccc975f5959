    .section .text.callee,"",@
    .globl callee
    .weak callee
    .type callee,@function
callee:
    .functype callee (i32) -> (i32)
    local.get 0
    end_function
