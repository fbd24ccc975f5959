// Which machine it is has to be said.
//# target: wasm64-unknown-unknown
//# args: --no-entry --export=f
//# expect-error: `main.o` uses 64-bit addresses
//# expect-error: pass `-mwasm64`
//# compare: rust-lld

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
