// Initialisers of an object that was joined are called in their order.
//# first: joined.o = -r main.o other.o
//# args: --no-entry --export=get --export=__wasm_call_ctors joined.o
//# calls: __wasm_call_ctors = early first late
//# run: __wasm_call_ctors() = none
//# run: get() = 12
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const 0
    i32.load value
    end_function
    .section .bss.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .skip 4
    .size value, 4
    .section .text.first,"",@
    .type first,@function
first:
    .functype first () -> ()
    i32.const 0
    i32.const 0
    i32.load value
    i32.const 4
    i32.mul
    i32.store value
    end_function
    .section .text.late,"",@
    .type late,@function
late:
    .functype late () -> ()
    i32.const 0
    i32.const 0
    i32.load value
    i32.const 4
    i32.add
    i32.store value
    end_function

    .section .init_array.5000,"",@
    .p2align 2
    .int32 first

    .section .init_array,"",@
    .p2align 2
    .int32 late
