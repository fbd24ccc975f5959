// Addresses and slots in data, with addends, across files and within one.
//# args: --no-entry --export=sum --export=call
//# run: sum() = 66
//# run: call() = 7
//# compare: rust-lld

    .functype seven () -> (i32)
    .tabletype __indirect_function_table, funcref

    .section .text.sum,"",@
    .globl sum
    .type sum,@function
sum:
    .functype sum () -> (i32)
    i32.const 0
    i32.load second
    i32.load 0
    i32.const 0
    i32.load second+4
    i32.load 0
    i32.add
    i32.const other+4
    i32.load 0
    i32.add
    end_function

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i32.const 0
    i32.load second+8
    call_indirect __indirect_function_table, () -> (i32)
    end_function

    .section .data.first,"",@
    .type first,@object
    .p2align 2
first:
    .int32 11
    .int32 22
    .size first, 8

    .section .data.second,"",@
    .type second,@object
    .p2align 2
second:
    .int32 first+4
    .int32 first
    .int32 seven
    .size second, 12
