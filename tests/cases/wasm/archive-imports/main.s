// Beside an archive, a list says what the host provides for it.
//# archive: libpage.a = member.o
//# args: main.o libpage.a --no-entry --export=run
//# imports: function env.draw
//# compare: rust-lld

    .functype member () -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call member
    end_function

