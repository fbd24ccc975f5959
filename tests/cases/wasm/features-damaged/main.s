// A list of features that is longer than it says.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=run
//# expect-error: target features section ended prematurely
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

    .section .custom_section.target_features,"",@
    .int8 1
    .int8 45
    .int8 7
    .ascii "atomics"
    .int8 0
