// Two objects declare a global that nobody defines but the linker, one of them as one that can be
// assigned. C libraries for WASI do so.
//# args: --no-entry --export=f --export=g
//# compare: rust-lld

    .globaltype __memory_base, i32

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    global.get __memory_base
    end_function
