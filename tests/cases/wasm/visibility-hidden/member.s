    .hidden in_member
    .section .text.in_member,"",@
    .globl in_member
    .type in_member,@function
in_member:
    .functype in_member () -> (i32)
    i32.const 4
    end_function
    .section .data.number,"",@
    .globl number
    .type number,@object
    .p2align 2
number:
    .int32 5
    .size number, 4
