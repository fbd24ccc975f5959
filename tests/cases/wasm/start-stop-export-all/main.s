// `--export-all` exports the ends of segments, too.
//# args: --no-entry --export-all
//# shows: --export-all
//# compare: rust-lld

    .section mine,"R",@
    .p2align 2
    .int32 7

    .section gone,"",@
    .p2align 2
    .int32 8

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 0
    i32.load value
    end_function

    .section named,"",@
    .globl value
    .type value,@object
    .p2align 2
value:
    .int32 9
    .size value, 4
