// Members pull members; a weak reference pulls nothing; `-u` pulls what nobody mentions.
//# archive: libx.a = b.o c.o d.o e.o
//# args: --no-entry --export=a libx.a -u e --export-if-defined=e
//# present: b c e
//# absent: d
//# run: a() = 3
//# compare: rust-lld

    .functype b () -> (i32)
    .functype d () -> (i32)
    .weak d
    .section .text.a,"",@
    .globl a
    .type a,@function
a:
    .functype a () -> (i32)
    call b
    i32.const d
    i32.add
    end_function
