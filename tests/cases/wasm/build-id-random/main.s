// A random id would make every link differ.
//# args: --no-entry --export=run --build-id=uuid
//# shows: --build-id=uuid
//# expect-error: a random build id would make every link differ

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
