// An entry point of another name, which an archive's member has.
//# archive: libx.a = b.o
//# args: main.o libx.a --entry=begin
//# exports: memory memory, function begin
//# compare: rust-lld

    .section .text.run,"",@
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
