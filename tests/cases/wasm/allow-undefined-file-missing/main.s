// A list of names that is not there.
//# args: --no-entry --allow-undefined-file=nowhere.txt
//# expect-error: nowhere.txt` cannot be read
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
