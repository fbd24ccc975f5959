// The command line chooses a feature that an object forbids: wasm-ld looks at objects alone.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=run --features=atomics
//# expect-error: feature `atomics` is used and forbidden
//# differs: refusal: wasm-ld looks at objects alone
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
