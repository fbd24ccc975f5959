// Wrapped exports stand behind all others.
//# args: --entry=get --export=__heap_base --export=_start
//# exports: memory memory, global __heap_base, function _start, function get
//# calls: _start.command_export = __wasm_call_ctors _start __wasm_call_dtors
//# calls: get.command_export = __wasm_call_ctors get __wasm_call_dtors
//# run: get(1) = 8
//# run: get(1) = 16
//# compare: rust-lld

    .section .text._start,"",@
    .globl _start
    .type _start,@function
_start:
    .functype _start () -> ()
    end_function

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get (i32) -> (i32)
    i32.const 0
    i32.load count
    local.get 0
    i32.add
    end_function

    .section .text.init,"",@
    .type init,@function
init:
    .functype init () -> ()
    i32.const 0
    i32.const 0
    i32.load count
    i32.const 7
    i32.add
    i32.store count
    end_function

    .section .text.__wasm_call_dtors,"",@
    .globl __wasm_call_dtors
    .type __wasm_call_dtors,@function
__wasm_call_dtors:
    .functype __wasm_call_dtors () -> ()
    i32.const 0
    i32.const 0
    i32.load count
    i32.const 1
    i32.add
    i32.store count
    end_function

    .section .bss.count,"",@
    .type count,@object
    .p2align 2
count:
    .skip 4
    .size count, 4

    .section .init_array,"",@
    .p2align 2
    .int32 init
