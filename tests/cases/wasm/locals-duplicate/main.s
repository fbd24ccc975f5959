// Local names are each file's own: functions, variables, and what refers to them.
//# args: --no-entry --export=first --export=second --export=third --export=fourth
//# run: first() = 1
//# run: second() = 2
//# run: third() = 10
//# run: fourth() = 20
//# compare: rust-lld

    .section .text.first,"",@
    .globl first
    .type first,@function
first:
    .functype first () -> (i32)
    call local
    end_function
    .section .text.third,"",@
    .globl third
    .type third,@function
third:
    .functype third () -> (i32)
    i32.const 0
    i32.load number
    end_function
    .section .text.local,"",@
    .type local,@function
local:
    .functype local () -> (i32)
    i32.const 1
    end_function
    .section .data.number,"",@
    .type number,@object
    .p2align 2
number:
    .int32 10
    .size number, 4
