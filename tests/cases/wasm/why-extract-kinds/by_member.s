    .section .text.by_member,"",@
    .globl by_member
    .type by_member,@function
by_member:
    .functype by_member () -> ()
    end_function
