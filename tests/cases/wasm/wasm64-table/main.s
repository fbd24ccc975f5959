// A 64-bit table that may grow, from a base, with slots in data.
//# target: wasm64-unknown-unknown
//# args: -mwasm64 --no-entry --export=call --table-base=7 --growable-table --export-table
//# shows: --growable-table
//# tables: 9 64-bit
//# run: call(0) = 3
//# run: call(8) = 4
//# compare: rust-lld

    .functype three () -> (i32)
    .functype four () -> (i32)
    .tabletype __indirect_function_table, funcref

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call (i64) -> (i32)
    i64.const pointers
    local.get 0
    i64.add
    i64.load 0
    call_indirect __indirect_function_table, () -> (i32)
    end_function

    .section .text.three,"",@
    .type three,@function
three:
    .functype three () -> (i32)
    i32.const 3
    end_function

    .section .text.four,"",@
    .type four,@function
four:
    .functype four () -> (i32)
    i32.const 4
    end_function

    .section .data.pointers,"",@
    .type pointers,@object
    .p2align 3
pointers:
    .int64 three
    .int64 four
    .size pointers, 16
