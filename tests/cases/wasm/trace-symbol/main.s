// Who mentions a name and who defines it.
//# args: --no-entry --export=run --trace-symbol=twice -y __stack_pointer
//# shows: --trace-symbol=twice
//# prints: main.o: reference to twice
//# prints: twice.o: definition of twice
//# prints: <internal>: definition of __stack_pointer
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
