// --merge-data-segments takes back --no-merge-data-segments.
//# args: --no-entry --export=f --no-merge-data-segments --merge-data-segments
//# shows: --merge-data-segments
//# run: f() = 3
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    i32.const 0
    i32.load one
    i32.const 0
    i32.load two
    i32.add
    end_function

    .section .data.one,"",@
one:
    .int32 1
    .size one, 4

    .section .data.two,"",@
two:
    .int32 2
    .size two, 4
