// What is dropped is named.
//# args: --no-entry --export=run --print-gc-sections
//# prints: main.o:(dead)
//# absent: dead
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

    .section .text.dead,"",@
    .globl dead
    .type dead,@function
dead:
    .functype dead () -> (i32)
    i32.const 3
    end_function
