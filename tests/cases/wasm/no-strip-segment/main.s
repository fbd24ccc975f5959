// A segment that is kept whatever refers to it, and an object's that is not.
//# args: --no-entry --export=run
//# segments: .data 0x10000+4
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
    .section .data.kept,"R",@
    .globl kept
    .type kept,@object
    .p2align 2
kept:
    .int32 3
    .size kept, 4
    .section .data.dropped,"",@
    .globl dropped
    .type dropped,@object
    .p2align 2
dropped:
    .int32 9
    .size dropped, 4
