// With \`--whole-archive\` all members take part.
//# archive: libbc.a = b.o c.o
//# args: --no-entry --export=a --export-if-defined=c main.o --whole-archive libbc.a --no-whole-archive
//# shows: --export-if-defined=c
//# exports: memory memory, function a, function c
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
