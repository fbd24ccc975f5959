    .section .text.seven,"",@
    .globl seven
    .type seven,@function
seven:
    .functype seven () -> (i32)
    i32.const 7
    end_function

    .section .data.other,"",@
    .globl other
    .type other,@object
    .p2align 2
other:
    .int32 1
    .int32 33
    .size other, 8
