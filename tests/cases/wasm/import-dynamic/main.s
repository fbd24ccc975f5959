// What nothing defines is found at run time: its address, or a function's slot, is an imported global.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=value --export=slot --unresolved-symbols=import-dynamic
//# imports: function env.callback, global GOT.mem.number, global GOT.func.callback
//# custom: dylink.0
//# compare: rust-lld

    .functype callback () -> ()

    .section .text.value,"",@
    .globl value
    .type value,@function
value:
    .functype value () -> (i32)
    global.get number@GOT
    i32.load 0
    end_function

    .section .text.slot,"",@
    .globl slot
    .type slot,@function
slot:
    .functype slot () -> (i32)
    global.get callback@GOT
    end_function
