// The map lists sections, inputs and symbols.
//# args: --no-entry --export=run --Map=map.txt
//# shows: --Map=map.txt
//# contains: map.txt CODE
//# contains: map.txt main.o:(run)
//# contains: map.txt twice.o:(twice)
//# contains: map.txt __stack_pointer
//# run: run(2) = 5
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
