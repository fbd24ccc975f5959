// Two names for one function and for one variable: one body, two exports.
//# args: --no-entry --export=f --export=g --export=v --export=w
//# exports: memory memory, function f, function g, global v, global w
//# run: f() = 1
//# run: g() = 1
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const 1
    end_function
    .globl g
    .type g,@function
    .functype g () -> (i32)
    .set g, f

    .section .data.v,"",@
    .globl v
    .type v,@object
    .p2align 2
v:
    .int32 1
    .size v, 4
    .globl w
    .type w,@object
    .set w, v
    .size w, 4
