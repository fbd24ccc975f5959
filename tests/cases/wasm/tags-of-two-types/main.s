// A tag that two files take for different ones.
//# rustc: -Ctarget-feature=+exception-handling
//# args: --no-entry --export=run
//# expect-error: `problem`
//# differs: refusal: wasm-ld only warns
//# compare: rust-lld

    .tagtype problem i32
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> ()
    local.get 0
    throw problem
    end_function
