// --keep-section of debug information: it is kept although the rest is stripped. wasm-ld strips it, and so does
// --compat=wasm-ld.
//# args: --no-entry --export=f --strip-debug --keep-section=.debug_str
//# custom: .debug_str
//# compare: rust-lld

    .section .debug_str,"S",@
    .asciz "text"

    .section .text.f,"",@
    .globl f
    .type f,@function
f:
    .functype f () -> ()
    end_function
