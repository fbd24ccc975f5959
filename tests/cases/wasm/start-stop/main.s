// `__start_` and `__stop_` enclose the segments of a name, which no reference to either drops.
//# args: --no-entry --export=sum --export=__start_items --export=__stop_items
//# value: __start_items = 0x10000
//# value: __stop_items = 0x1000c
//# run: sum() = 12
//# compare: rust-lld

    .section .text.sum,"",@
    .globl sum
    .type sum,@function
sum:
    .functype sum () -> (i32)
    i32.const __stop_items
    i32.const __start_items
    i32.sub
    end_function

    .section items,"R",@
    .type item,@object
    .p2align 2
item:
    .int32 1
    .int32 2
    .size item, 8
