// Addends below zero and beyond a variable, in code and in data, of dropped and kept things.
//# args: --no-entry --export=run --export=table
//# run: run() = 3
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const value-4
    i32.load 4
    end_function
    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4
    .section .data.table,"",@
    .globl table
    .type table,@object
    .p2align 2
table:
    .int32 value+1000
    .int32 value-1000
    .int64 5
    .size table, 16
