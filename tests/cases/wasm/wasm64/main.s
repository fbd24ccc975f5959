// 64-bit addresses: the memory, the table, the stack pointer, relocations and constants.
//# target: wasm64-unknown-unknown
//# args: -mwasm64 --no-entry --export=get --export=call --export=value --export=__heap_base --export=base
//# memory: 2 64-bit
//# tables: 2..2 64-bit
//# value: value = 0x10008
//# run: get() = 65569
//# run: call() = 3
//# run: base() = 65536
//# compare: rust-lld

    .functype three () -> (i32)
    .tabletype __indirect_function_table, funcref
    .globaltype __stack_pointer, i64

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i64)
    i64.const 0
    i64.load value
    i64.const pointer
    i64.load 0
    i64.load 8
    i64.add
    i64.const text
    i64.load8_u 0
    i64.const 116
    i64.sub
    i64.add
    i64.const zeros
    i64.load 0
    i64.add
    end_function

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i64.const three
    drop
    i64.const function
    i64.load 0
    i32.wrap_i64
    i64.extend_i32_u
    call_indirect __indirect_function_table, () -> (i32)
    end_function

    .section .text.base,"",@
    .globl base
    .type base,@function
base:
    .functype base () -> (i64)
    global.get __stack_pointer
    end_function

    .section .text.three,"",@
    .type three,@function
three:
    .functype three () -> (i32)
    i32.const 3
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 3
value:
    .int64 25
    .int64 value
    .size value, 16

    .section .data.pointer,"",@
    .type pointer,@object
    .p2align 3
pointer:
    .int64 value
    .size pointer, 8

    .section .data.function,"",@
    .type function,@object
    .p2align 3
function:
    .int64 three
    .size function, 8

    .section .rodata.text,"S",@
    .type text,@object
text:
    .asciz "text"
    .size text, 5

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 3
zeros:
    .skip 8
    .size zeros, 8
