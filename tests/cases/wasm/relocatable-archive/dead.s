    .section .text.dead,"",@
    .globl dead
    .type dead,@function
dead:
    .functype dead () -> (i32)
    i32.const 3
    end_function
