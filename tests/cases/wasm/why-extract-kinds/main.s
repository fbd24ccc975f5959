// Members that the command line, a member and a weak name ask for.
//# archive: libx.a = by_entry.o by_undefined.o by_export.o by_member.o by_wrap.o
//# args: main.o libx.a --entry=by_entry -u by_undefined --export=by_export --why-extract=-
//# prints: --entry
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
