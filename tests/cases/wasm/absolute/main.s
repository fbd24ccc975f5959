// Names for fixed addresses, and differences between places of one segment.
//# args: --no-entry --export=f --export=distance
//# run: f() = 4660
//# run: distance() = 8
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const here
    i32.const there
    i32.sub
    i32.const 0x1234
    i32.add
    end_function

    .section .text.distance,"",@
    .globl distance
    .type distance,@function
distance:
    .functype distance () -> (i32)
    i32.const 0
    i32.load gap
    end_function

    .section .data.gap,"",@
    .type gap,@object
    .p2align 2
gap:
    .int32 there-here+8
    .size gap, 4

    .section .data.here,"",@
    .type here,@object
    .type there,@object
    .p2align 2
here:
there:
    .int32 0
    .int32 0
    .size here, 8
    .size there, 8
