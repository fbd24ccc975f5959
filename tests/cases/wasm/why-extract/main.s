// Who asked for each member of an archive, and by which name.
//# archive: libx.a = twice.o
//# args: --no-entry --export=run --why-extract=why.txt main.o libx.a
//# shows: --why-extract=why.txt
//# contains: why.txt main.o
//# contains: why.txt libx.a(twice.o)
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
