// A wrapper and what it wraps come from archives.
//# archive: libx.a = wrapper.o twice.o
//# args: --no-entry --export=run --wrap twice main.o libx.a
//# shows: --wrap twice
//# run: run(5) = 111
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
