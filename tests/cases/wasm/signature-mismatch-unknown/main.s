// The first user only takes the address, and knows no type.
//# args: --no-entry --export=slot --export=call
//# run: call() = 1
//# compare: rust-lld

    .functype f () -> ()
    .section .text.slot,"",@
    .globl slot
    .type slot,@function
slot:
    .functype slot () -> (i32)
    i32.const f
    end_function
