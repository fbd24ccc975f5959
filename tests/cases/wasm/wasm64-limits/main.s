// What no engine gives.
//# target: wasm64-unknown-unknown
//# args: -mwasm64 --no-entry --export=f --max-memory=4503599627370496
//# shows: -mwasm64
//# expect-error: over the address space
//# expect-error: a 64-bit memory has at most
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
