// Behind `-Bdynamic` a stub library is found by its name, before an archive; behind `-Bstatic` archives alone are.
//# archive: libpage.a = page.o
//# args: main.o -Bdynamic -lhost -Bstatic -lpage --no-entry --export=run
//# shows: -Bdynamic
//# shows: -Bstatic
//# imports: function env.draw
//# compare: rust-lld

    .functype draw () -> ()
    .functype page () -> (i32)

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call draw
    call page
    end_function
