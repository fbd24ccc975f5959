// --icf=none: equal functions stay two.
//# args: --no-entry --export=f --icf=none
//# shows: --icf=none
//# present: g h
//# run: f() = 14

    .functype g () -> (i32)
    .functype h () -> (i32)

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    call g
    call h
    i32.add
    end_function

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> (i32)
    i32.const 7
    end_function

    .section .text.h,"",@
    .globl h
    .type h,@function
h:
    .functype h () -> (i32)
    i32.const 7
    end_function
