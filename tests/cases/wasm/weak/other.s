    .section .text.answer,"",@
    .globl answer
    .type answer,@function
answer:
    .functype answer () -> (i32)
    i32.const 2
    end_function

    .section .text.twice,"",@
    .weak twice
    .type twice,@function
twice:
    .functype twice () -> (i32)
    i32.const 6
    end_function

    .section .data.number,"",@
    .globl number
    .type number,@object
    .p2align 2
number:
    .int32 20
    .size number, 4
