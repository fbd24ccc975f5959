// One object uses what another forbids, whatever the command line chooses.
//# rustc: main.s: -Ctarget-cpu=mvp
//# rustc: other.s: -Ctarget-cpu=mvp -Ctarget-feature=+atomics
//# args: --no-entry --export=run --features=atomics,mutable-globals
//# expect-error: feature `atomics` is used and forbidden
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
