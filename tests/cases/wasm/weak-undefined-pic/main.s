// The same by position-independent code.
//# rustc: -Ctarget-feature=+mutable-globals
//# args: --no-entry --export=address --export=slot
//# run: address() = 0
//# run: slot() = 0
//# compare: rust-lld

    .functype weak_fn () -> (i32)
    .weak weak_fn
    .weak weak_data
    .section .text.address,"",@
    .globl address
    .type address,@function
address:
    .functype address () -> (i32)
    global.get weak_data@GOT
    end_function
    .section .text.slot,"",@
    .globl slot
    .type slot,@function
slot:
    .functype slot () -> (i32)
    global.get weak_fn@GOT
    end_function
