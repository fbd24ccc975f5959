// Debug information refers to sections and functions, one of which is dropped.
//# args: --no-entry --export=run -O0
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
    .section .text.dropped,"",@
    .globl dropped
    .type dropped,@function
dropped:
    .functype dropped () -> (i32)
    i32.const 1
    end_function

    .section .debug_info,"",@
.Linfo:
    .int32 .Lstring
    .int32 run
    .int32 dropped
    .int32 .Linfo
    .section .debug_str,"S",@
    .asciz "first"
.Lstring:
    .asciz "second"
