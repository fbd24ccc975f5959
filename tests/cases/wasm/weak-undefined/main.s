// What may be missing and is: a call traps, an address is null, whatever refers to it.
//# args: --no-entry --export=address --export=call --export=slot --export=table --export=weak_fn --export=weak_data --allow-undefined
//# run: address() = 0
//# run: slot() = 0
//# run: call() = trap
//# compare: rust-lld

    .functype weak_fn () -> (i32)
    .weak weak_fn
    .weak weak_data
    .section .text.address,"",@
    .globl address
    .type address,@function
address:
    .functype address () -> (i32)
    i32.const weak_data
    end_function
    .section .text.slot,"",@
    .globl slot
    .type slot,@function
slot:
    .functype slot () -> (i32)
    i32.const weak_fn
    end_function
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    call weak_fn
    end_function
    .section .data.table,"",@
    .globl table
    .type table,@object
    .p2align 2
table:
    .int32 weak_fn
    .int32 weak_data+4
    .size table, 8
