// The chain of references from a function to what keeps it.
//# args: --no-entry --export=run --why-live=twice --why-live=dead
//# shows: --why-live=dead
//# prints: twice.o:(twice), which is referred to by
//# prints: main.o:(run) is exported
//# prints: main.o:(dead): it is not in the output
//# run: run(2) = 5

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
