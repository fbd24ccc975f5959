// A member for another machine, which nothing needs.
//# rustc: elf.s: --target=x86_64-unknown-none
//# archive: libx.a = elf.o
//# args: --no-entry --export=run main.o --whole-archive libx.a
//# expect-error: cannot link
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
