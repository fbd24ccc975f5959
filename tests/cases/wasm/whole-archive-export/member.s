    .section .text.member,"",@
    .globl member
    .type member,@function
member:
    .functype member () -> (i32)
    i32.const 1
    end_function
