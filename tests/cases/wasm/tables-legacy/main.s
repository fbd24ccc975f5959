// Old code calls through table 0 without saying so: the function table comes first then.
//# rustc: -Ctarget-cpu=mvp
//# rustc: new.s: -Ctarget-feature=+reference-types
//# args: --no-entry --export=size --export=call --no-check-features
//# compare: rust-lld
//# run: call() = 3
//# run: size() = 4
//# tables: 2..2, 4..8

    .functype three () -> (i32)
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    i32.const three
    call_indirect () -> (i32)
    end_function

    .section .text.three,"",@
    .type three,@function
three:
    .functype three () -> (i32)
    i32.const 3
    end_function
