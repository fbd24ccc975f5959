// Forgiven, in position-independent code.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=slot --export=call --export=number --export=f --unresolved-symbols=ignore-all
//# run: f() = trap
//# run: number() = 0
//# compare: rust-lld

    .functype missing () -> ()
    .functype other () -> (i32)
    .functype third () -> ()
    .section .text.slot,"",@
    .globl slot
    .type slot,@function
slot:
    .functype slot () -> (i32)
    global.get missing@GOT
    end_function
    .section .text.call,"",@
    .globl call
    .type call,@function
call:
    .functype call () -> (i32)
    global.get other@GOT
    end_function
    .section .text.number,"",@
    .globl number
    .type number,@function
number:
    .functype number () -> (i32)
    global.get value@GOT
    end_function
    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> (i32)
    call other
    end_function
    .section .text.g,"",@
    .globl g
    .type g,@function
g:
    .functype g () -> (i32)
    i32.const third
    end_function
    .section .text.own,"",@
    .globl own
    .type own,@function
own:
    .functype own () -> ()
    end_function
    .section .data.table,"",@
    .globl table
    .type table,@object
    .p2align 2
table:
    .int32 own
    .int32 third
    .int32 missing
    .size table, 12
