// Shared modules are refused by name.
//# args: --no-entry -shared
//# expect-error: option `-shared` is not supported

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
