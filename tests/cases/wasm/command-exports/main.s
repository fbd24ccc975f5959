// Every export of a command is wrapped, whatever its parameters and results; one that finalises, too.
//# args: --export=add --export=nothing --export-dynamic main.o
//# calls: add.command_export = __wasm_call_ctors add __wasm_call_dtors
//# run: add(2, 3) = 6
//# compare: rust-lld

    .section .text._start,"",@
    .globl _start
    .type _start,@function
_start:
    .functype _start () -> ()
    end_function
    .section .text.add,"",@
    .globl add
    .type add,@function
add:
    .functype add (i32, i32) -> (i32)
    local.get 0
    local.get 1
    i32.add
    i32.const 0
    i32.load value
    i32.add
    end_function
    .section .text.nothing,"",@
    .globl nothing
    .type nothing,@function
nothing:
    .functype nothing (i64, f64) -> ()
    end_function
    .section .text.__wasm_call_dtors,"",@
    .globl __wasm_call_dtors
    .type __wasm_call_dtors,@function
__wasm_call_dtors:
    .functype __wasm_call_dtors () -> ()
    end_function
    .section .text.first,"",@
    .type first,@function
first:
    .functype first () -> ()
    i32.const 0
    i32.const 1
    i32.store value
    end_function
    .section .bss.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .skip 4
    .size value, 4

    .section .init_array,"",@
    .p2align 2
    .int32 first
