// A call through a pointer needs a table even where no function is in it.
//# rustc: -Ctarget-cpu=mvp
//# args: --no-entry --export=call
//# compare: rust-lld
//# tables: 1..1
//# run: call() = trap

    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i32.const 0
    call_indirect () -> (i32)
    end_function
