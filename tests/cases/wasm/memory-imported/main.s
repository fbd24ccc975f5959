// An imported memory may hold anything: `.bss` is cleared at the start.
//# args: --no-entry --export=get --import-memory=host,ram --export-memory=mem
//# shows: --export-memory=mem
//# imports: memory host.ram
//# exports: memory mem, function get
//# start: __wasm_init_memory
//# engine: node
//# run: get() = 3
//# compare: rust-lld

    .section .text.get,"",@
    .globl get
    .type get,@function
get:
    .functype get () -> (i32)
    i32.const value
    i32.load 0
    i32.const zeros
    i32.load 0
    i32.add
    end_function

    .section .data.value,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 3
    .size value, 4

    .section .bss.zeros,"",@
    .type zeros,@object
    .p2align 3
zeros:
    .skip 100
    .size zeros, 100
