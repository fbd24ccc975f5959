    .section .text.begin,"",@
    .globl begin
    .type begin,@function
begin:
    .functype begin () -> ()
    end_function
