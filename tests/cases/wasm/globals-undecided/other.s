    .globaltype __memory_base, i32, immutable

    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> (i32)
    global.get __memory_base
    end_function
