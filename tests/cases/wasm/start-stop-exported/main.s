// Ends of segments can be exported by name, or with everything, though nothing refers to them; those of a segment that was
// dropped are not there.
//# args: --no-entry --export=__start_mine --export-if-defined=__stop_mine --export-if-defined=__start_gone
//# exports: memory memory, global __start_mine, global __stop_mine
//# compare: rust-lld

    .section mine,"R",@
    .p2align 2
    .int32 7

    .section gone,"",@
    .p2align 2
    .int32 8
