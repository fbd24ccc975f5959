// Initialisers run by priority, then in the order of files; a result is dropped.
//# args: --no-entry --export=get --export=__wasm_call_ctors
//# calls: __wasm_call_ctors = early second third other_last
//# exports: memory memory, function __wasm_call_ctors, function get
//# run: get() = 0
//# run: __wasm_call_ctors() = none
//# run: get() = 1234
//# compare: rust-lld

    .functype early () -> ()
    .functype second () -> (i32)
    .functype third () -> ()

    .section .text.note,"",@
    .globl note
    .hidden note
    .type note,@function
note:
    .functype note (i32) -> ()
    i32.const 0
    i32.const 0
    i32.load log
    i32.const 10
    i32.mul
    local.get 0
    i32.add
    i32.store log
    end_function

    .section .text.early,"",@
    .type early,@function
early:
    .functype early () -> ()
    i32.const 1
    call note
    end_function

    .section .text.second,"",@
    .type second,@function
second:
    .functype second () -> (i32)
    i32.const 2
    call note
    i32.const 5
    end_function

    .section .text.third,"",@
    .type third,@function
third:
    .functype third () -> ()
    i32.const 3
    call note
    end_function

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const 0
    i32.load log
    end_function

    .section .bss.log,"",@
    .globl log
    .type log,@object
    .p2align 2
log:
    .skip 4
    .size log, 4

    .section .init_array,"",@
    .p2align 2
    .int32 third
    .section .init_array.50,"",@
    .p2align 2
    .int32 second
    .section .init_array.7,"",@
    .p2align 2
    .int32 early
