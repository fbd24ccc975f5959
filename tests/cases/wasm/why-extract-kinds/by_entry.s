    .functype by_member () -> ()
    .section .text.by_entry,"",@
    .globl by_entry
    .type by_entry,@function
by_entry:
    .functype by_entry () -> ()
    call by_member
    end_function
