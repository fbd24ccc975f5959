// A stub library says which functions the host provides, and what these need of the module: that is linked
// and exported.
//# args: main.o host.txt --start-lib needed.o --end-lib --no-entry --export=run
//# imports: function env.draw, function env.log
//# compare: rust-lld

    .functype draw () -> ()
    .functype log () -> ()

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    call draw
    call log
    i32.const 1
    end_function

    .section .text.unused,"",@
    .globl unused
    .type unused,@function
unused:
    .functype unused () -> (i32)
    i32.const 2
    end_function

