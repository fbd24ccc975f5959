// `--build-id=fast` is a UUID made of a quick hash, as wasm-ld makes it.
//# args: --no-entry --export=run --build-id=fast
//# custom: build_id
//# run: run(2) = 5
//# compare: rust-lld
//# differs: meaning: the id is that of other contents

    .functype twice (i32) -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    local.get 0
    call twice
    i32.const 1
    i32.add
    end_function
