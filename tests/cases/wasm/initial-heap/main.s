// Room for the heap at the start, with limits that fit it and with data.
//# args: --no-entry --export=run --initial-heap=131072 --max-memory=262144 -z stack-size=4096
//# memory: 3..4
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
