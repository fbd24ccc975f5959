// Functions with equal bodies may be one in our module; who is exported, and what a pointer to each
// one calls, stays.
//# args: --no-entry --export=a --export=b --export=call
//# exports: memory memory, function a, function b, function call
//# run: a(1) = 8
//# run: b(1) = 8
//# run: call(0) = 5
//# run: call(1) = 5
//# compare: rust-lld

    .functype one (i32) -> (i32)
    .functype two (i32) -> (i32)
    .functype five () -> (i32)
    .functype also () -> (i32)
    .tabletype __indirect_function_table, funcref

    .section .text.a,"",@
    .globl a
    .type a,@function
a:
    .functype a (i32) -> (i32)
    local.get 0
    call one
    end_function

    .section .text.b,"",@
    .globl b
    .type b,@function
b:
    .functype b (i32) -> (i32)
    local.get 0
    call two
    end_function

    .section .text.one,"",@
    .type one,@function
one:
    .functype one (i32) -> (i32)
    local.get 0
    i32.const 3
    i32.add
    i32.const 4
    i32.add
    end_function

    .section .text.two,"",@
    .type two,@function
two:
    .functype two (i32) -> (i32)
    local.get 0
    i32.const 3
    i32.add
    i32.const 4
    i32.add
    end_function

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call (i32) -> (i32)
    local.get 0
    i32.const 2
    i32.shl
    i32.load pointers
    call_indirect __indirect_function_table, () -> (i32)
    end_function

    .section .text.five,"",@
    .type five,@function
five:
    .functype five () -> (i32)
    i32.const 5
    end_function

    .section .text.also,"",@
    .type also,@function
also:
    .functype also () -> (i32)
    i32.const 5
    end_function

    .section .data.pointers,"",@
    .type pointers,@object
    .p2align 2
pointers:
    .int32 five
    .int32 also
    .size pointers, 8
