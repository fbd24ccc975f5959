// The id may be given; it is the last section even where all else is stripped.
//# args: --no-entry --export=run --strip-all --build-id=0x12ab
//# custom: build_id
//# bytes: build_id = 02 12 ab
//# no-custom: name
//# compare: rust-lld

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
