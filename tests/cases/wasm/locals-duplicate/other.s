    .section .text.second,"",@
    .globl second
    .type second,@function
second:
    .functype second () -> (i32)
    call local
    end_function
    .section .text.fourth,"",@
    .globl fourth
    .type fourth,@function
fourth:
    .functype fourth () -> (i32)
    i32.const 0
    i32.load number
    end_function
    .section .text.local,"",@
    .type local,@function
local:
    .functype local () -> (i32)
    i32.const 2
    end_function
    .section .data.number,"",@
    .type number,@object
    .p2align 2
number:
    .int32 20
    .size number, 4
