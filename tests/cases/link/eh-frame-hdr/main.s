// The binary search table finds the record of every function that is left, and of no other;
// records of dead functions and equal CIEs are dropped.
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
//# args: -static --eh-frame-hdr --gc-sections -T link.x
//# check: fde(f1) == f1 && fde_size(f1) == 16 && fde(f1 + 8) == f1
//# check: fde(f2) == f2 && fde(f3) == f3 && fde(start) == start
//# check: size(.eh_frame_hdr) == 12 + 8 * 4
//# absent: dead
//# compare: rust-lld
//# differs: contents .eh_frame - compared by looking up
//# differs: contents .eh_frame_hdr - compared by looking up
    .macro function name, size
    .section .text.\name, "ax"
    .globl \name
\name:
    .cfi_startproc
    .cfi_def_cfa_offset 32
    .space \size
    .cfi_endproc
    .endm
    function f3, 8
    function dead, 24
    function f1, 16
    function start, 4
    .data
    .quad f1, f2, f3
