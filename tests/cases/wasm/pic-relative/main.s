// Position-independent code finds data and slots relative to bases, which are known here.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=get --export=call
//# run: get() = 9
//# run: call() = 4
//# compare: rust-lld

    .functype three () -> (i32)
    .functype four () -> (i32)
    .tabletype __indirect_function_table, funcref

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const __memory_base
    i32.const value@MBREL
    i32.add
    i32.load 0
    end_function

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i32.const three
    drop
    i32.const __table_base
    i32.const four@TBREL
    i32.add
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

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 9
    .size value, 4
