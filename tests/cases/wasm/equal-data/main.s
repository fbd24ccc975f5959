// Equal constants may be one in our module; what is read stays the same.
//# args: --no-entry --export=sum --export=mutable -O2
//# run: sum() = 222
//# run: mutable() = 2
//# compare: rust-lld

    .section .text.sum,"",@
    .globl sum
    .type sum,@function
sum:
    .functype sum () -> (i32)
    i32.const first
    i32.load 4
    i32.const second
    i32.load 4
    i32.add
    end_function

    .section .text.mutable,"",@
    .globl mutable
    .type mutable,@function
mutable:
    .functype mutable () -> (i32)
    i32.const one
    i32.const 1
    i32.store 0
    i32.const two
    i32.const 2
    i32.store 0
    i32.const two
    i32.load 0
    end_function

    .section .rodata.first,"",@
    .type first,@object
    .p2align 3
first:
    .int32 110
    .int32 111
    .int64 5
    .size first, 16

    .section .rodata.second,"",@
    .type second,@object
    .p2align 3
second:
    .int32 110
    .int32 111
    .int64 5
    .size second, 16

    .section .data.one,"",@
    .type one,@object
    .p2align 2
one:
    .int32 7
    .size one, 4

    .section .data.two,"",@
    .type two,@object
    .p2align 2
two:
    .int32 7
    .size two, 4
