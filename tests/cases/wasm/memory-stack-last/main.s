// Data at `--global-base`, the stack behind them, the heap behind the stack.
//# args: --no-entry --export=get --export=value --export=__heap_base --export=__data_end
//# args: --export=__stack_low --export=__stack_high --export=__global_base
//# args: --no-stack-first --global-base=4096 -z stack-size=8192
//# value: __global_base = 0x1000
//# value: value = 0x1000
//# value: __data_end = 0x106c
//# value: __stack_low = 0x1070
//# value: __stack_high = 0x3070
//# value: __heap_base = 0x3070
//# memory: 1
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
