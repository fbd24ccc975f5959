// With `-z muldefs` the first of two definitions counts.
//# args: main.o other.o --no-entry --export=run -z muldefs
//# shows: -z muldefs
//# run: run() = 1
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function

