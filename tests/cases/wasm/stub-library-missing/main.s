// What a stub library needs has to be there.
//# args: main.o host.txt --no-entry --export=run
//# expect-error: undefined symbol: `nowhere`
//# expect-error: the stub library `host.txt` says that `draw` needs it
//# compare: rust-lld

    .functype draw () -> ()

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call draw
    i32.const 1
    end_function

