// Between \`--start-lib\` and \`--end-lib\` objects act like members: who is not needed stays out.
//# archive: libbc.a = b.o c.o
//# args: --no-entry --export=a main.o --start-lib b.o c.o --end-lib
//# exports: memory memory, function a
//# run: a() = 2
//# compare: rust-lld

    .functype b () -> (i32)
    .section .text.a,"",@
    .globl a
    .type a,@function
a:
    .functype a () -> (i32)
    call b
    end_function
