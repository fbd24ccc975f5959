    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 2
    end_function

