// With `--whole-archive` initialisers of members run, though nothing refers to them.
//# archive: libreg.a = reg.o
//# args: --no-entry --export=get --export=__wasm_call_ctors main.o --whole-archive libreg.a --no-whole-archive
//# shows: --whole-archive
//# run: __wasm_call_ctors() = none
//# run: get() = 5
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
