// Members are pulled into the object, too; what is still undefined stays so.
//# archive: libx.a = twice.o dead.o
//# first: joined.o = -r main.o libx.a
//# args: --no-entry --export=run joined.o more.o
//# run: run(5) = 15
//# absent: dead
//# compare: rust-lld

    .functype later (i32) -> (i32)
    .functype twice (i32) -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run (i32) -> (i32)
    local.get 0
    call twice
    call later
    end_function
