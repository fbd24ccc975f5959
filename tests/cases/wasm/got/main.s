// Position-independent code reads addresses and slots from globals, which hold constants here.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=get --export=call --export=call_other
//# run: get() = 9
//# run: call() = 3
//# run: call_other() = 4
//# compare: rust-lld

    .functype three () -> (i32)
    .functype four () -> (i32)
    .tabletype __indirect_function_table, funcref
    .globaltype __memory_base, i32, immutable

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    global.get value@GOT
    i32.load 0
    end_function

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    global.get three@GOT
    call_indirect __indirect_function_table, () -> (i32)
    end_function

// Numbers of functions and of globals that hold their slots must not be the same by chance.
    .section .text.call_other,"",@
    .globl call_other
    .type call_other,@function
call_other:
    .functype call_other () -> (i32)
    global.get four@GOT
    call_indirect __indirect_function_table, () -> (i32)
    end_function

    .section .text.four,"",@
    .globl four
    .type four,@function
four:
    .functype four () -> (i32)
    i32.const 4
    end_function

    .section .text.three,"",@
    .globl three
    .type three,@function
three:
    .functype three () -> (i32)
    i32.const 3
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 9
    .size value, 4
