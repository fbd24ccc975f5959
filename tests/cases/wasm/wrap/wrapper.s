    .functype __real_twice (i32) -> (i32)

    .section .text.__wrap_twice,"",@
    .globl __wrap_twice
    .type __wrap_twice,@function
__wrap_twice:
    .functype __wrap_twice (i32) -> (i32)
    local.get 0
    call __real_twice
    i32.const 100
    i32.add
    end_function
