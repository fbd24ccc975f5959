// Of two groups of one name the first stays, function and data alike.
//# args: --no-entry --export=a --export=b
//# run: a() = 1
//# run: b() = 1
//# segments: .rodata 0x10000+4
//# compare: rust-lld

    .functype shared () -> (i32)
    .section .text.a,"",@
    .globl a
    .type a,@function
a:
    .functype a () -> (i32)
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
    .int32 1
    .size number, 4
