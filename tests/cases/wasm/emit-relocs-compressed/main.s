// Who patches fields later needs their padding.
//# args: --no-entry --export=run --emit-relocs --compress-relocations
//# expect-error: `--emit-relocs` and `--compress-relocations` cannot go together
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
