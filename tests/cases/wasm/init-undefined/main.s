// An initialiser that nothing defines is as missing as anything else. (rust-lld crashes.)
//# args: --no-entry --export=__wasm_call_ctors
//# expect-error: undefined symbol: `later`
//# expect-error: referenced by the list of initialisers of
//# differs: words: rust-lld crashes
//# compare: rust-lld

    .functype later () -> ()
    .section .init_array,"",@
    .p2align 2
    .int32 later
