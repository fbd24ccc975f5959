// `--table-base` leaves slots for others.
//# args: --no-entry --export=call --table-base=10 --export-table
//# shows: --table-base=10
//# tables: 12..12
//# run: call(0) = 3
//# run: call(1) = 4
//# compare: rust-lld

    .functype three () -> (i32)
    .functype four () -> (i32)
    .tabletype __indirect_function_table, funcref

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call (i32) -> (i32)
    local.get 0
    i32.const 2
    i32.shl
    i32.load pointers
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
    .p2align 2
pointers:
    .int32 three
    .int32 four
    .size pointers, 8
