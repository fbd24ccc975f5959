// What is marked to stay stays: functions, segments, though nothing refers to them.
//# args: --no-entry --export=f
//# present: kept
//# absent: dropped
//# bytes: .data = 05 00 00 00
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function

    .section .text.kept,"",@
    .globl kept
    .no_dead_strip kept
    .type kept,@function
kept:
    .functype kept () -> (i32)
    i32.const 8
    end_function

    .section .text.dropped,"",@
    .globl dropped
    .type dropped,@function
dropped:
    .functype dropped () -> (i32)
    i32.const 9
    end_function

    .section .data.stays,"R",@
    .globl stays
    .type stays,@object
    .p2align 2
stays:
    .int32 5
    .size stays, 4

    .section .data.goes,"",@
    .globl goes
    .type goes,@object
    .p2align 2
goes:
    .int32 6
    .size goes, 4
