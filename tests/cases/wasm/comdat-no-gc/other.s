    .functype shared () -> (i32)
    .section .text.b,"",@
    .globl b
    .type b,@function
b:
    .functype b () -> (i32)
    call shared
    end_function

    .section .text.shared,"G",@,shared,comdat
    .weak shared
    .type shared,@function
shared:
    .functype shared () -> (i32)
    i32.const 0
    i32.load number
    end_function

    .section .rodata.number,"G",@,shared,comdat
    .weak number
    .type number,@object
    .p2align 2
number:
    .int32 2
    .size number, 4
