// Members that nothing refers to, with names that are exported.
//# archive: libx.a = member.o other.o
//# args: main.o --whole-archive libx.a --no-whole-archive libx.a --no-entry --export-dynamic
//# exports: memory memory, global __stack_pointer, function run, function member, function other
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
