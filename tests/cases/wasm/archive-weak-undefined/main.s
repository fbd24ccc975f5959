// A weak name pulls no member, a strong one of the same name in another file does.
//# archive: libx.a = member.o
//# args: main.o other.o libx.a --no-entry --export=run
//# run: run() = 4
//# compare: rust-lld

    .functype f () -> (i32)
    .weak f
    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call f
    end_function
