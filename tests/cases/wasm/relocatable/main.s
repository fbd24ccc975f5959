// Objects are joined into one, which is linked like them.
//# first: joined.o = -r main.o twice.o
//# args: --no-entry --export=run joined.o
//# run: run(5) = 11
//# absent: dead
//# present: run twice
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
