// Unwind records survive -r and serve the image; those of a lost group do not.
//# target: x86_64-unknown-none, aarch64-unknown-none
//# first: joined.o = -r second.o third.o
//# args: main.o joined.o -T link.x --gc-sections --eh-frame-hdr
//# shows: --eh-frame-hdr
//# compare: rust-lld
//# absent: unused
    .section .text.start, "ax"
    .globl start
start:
    .cfi_startproc
    .long second - .
    .cfi_def_cfa_offset 16
    .long 0
    .cfi_endproc
