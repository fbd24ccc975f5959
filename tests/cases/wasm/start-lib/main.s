// Objects between `--start-lib` and `--end-lib` are members: they take part when they are needed.
//# args: main.o --start-lib needed.o unneeded.o --end-lib --no-entry --export=run
//# run: run() = 2
//# absent: unneeded
//# compare: rust-lld

    .functype needed () -> (i32)
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call needed
    end_function
