// Files and libraries that are not there.
//# args: main.o nowhere.o -lnothing --no-entry
//# expect-error: nowhere.o` not found
//# expect-error: library `-lnothing`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
