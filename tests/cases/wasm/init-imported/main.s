// An initialiser that the host provides is called like any other.
//# args: --no-entry --export=__wasm_call_ctors --allow-undefined
//# imports: function env.later
//# calls: __wasm_call_ctors = later
//# compare: rust-lld

    .functype later () -> ()
    .section .init_array,"",@
    .p2align 2
    .int32 later
