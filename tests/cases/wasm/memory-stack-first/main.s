// The stack below, data at `--global-base`, room for the heap, and no more than that.
//# args: --no-entry --export=get --export=value --export=__heap_base --export=__heap_end
//# args: --export=__stack_low --export=__stack_high
//# args: --stack-first --global-base=131072 -z stack-size=65536 --initial-heap=131072 --no-growable-memory
//# value: value = 0x20000
//# value: __stack_low = 0
//# value: __stack_high = 0x10000
//# value: __heap_base = 0x20070
//# value: __heap_end = 0x50000
//# memory: 5..5
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
