// Where a script discards the unwind records there is no table of them either (lld leaves an empty
// one).
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
//# args: -static --eh-frame-hdr -T link.x
//# sections: .text
//# segments: LOAD r-x, STACK rw-
    .text
    .globl start
start:
    .cfi_startproc
    .cfi_def_cfa_offset 32
    .space 16
    .cfi_endproc
