// A reactor: `_initialize` calls the initialisers itself, so nothing is wrapped.
//# args: --entry=_initialize --export=get
//# shows: --entry=_initialize
//# exports: memory memory, function _initialize, function get
//# calls: _initialize = __wasm_call_ctors
//# absent: get.command_export
//# run: get() = 0
//# run: _initialize() = none
//# run: get() = 9
//# compare: rust-lld

    .functype __wasm_call_ctors () -> ()
    .section .text._initialize,"",@
    .globl _initialize
    .type _initialize,@function
_initialize:
    .functype _initialize () -> ()
    call __wasm_call_ctors
    end_function

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const 0
    i32.load ready
    end_function

    .section .text.init,"",@
    .type init,@function
init:
    .functype init () -> ()
    i32.const 0
    i32.const 9
    i32.store ready
    end_function

    .section .bss.ready,"",@
    .type ready,@object
    .p2align 2
ready:
    .skip 4
    .size ready, 4

    .section .init_array,"",@
    .p2align 2
    .int32 init
