// Copies of groups in a link that drops nothing: wasm-ld keeps their bodies, we do not.
//# args: --no-entry --export=a --export=b --no-gc-sections
//# shows: --no-gc-sections
//# run: a() = 1
//# run: b() = 1
//# segments: .rodata 0x10000+4
//# compare: rust-lld
//# differs: meaning: bodies that nothing can reach are left out

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
