// The segments of `.eh_frame_hdr` and `.dynamic` are those of the tables, whatever else a script puts into the same
// output section.
//# target: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
//# args: -static -pie --no-dynamic-linker --eh-frame-hdr -z norelro -T link.x
//# check: fde(f) == f && fde_size(f) == 16 && fde(start) == start
//# segments: PHDR r--, LOAD r-x, LOAD r--, LOAD rw-, DYNAMIC rw-, EH_FRAME r--, STACK rw-
//# check: u64(table) == f
    .text
    .globl start
start:
    .cfi_startproc
    .space 8
    .cfi_endproc
    .globl f
f:
    .cfi_startproc
    .cfi_def_cfa_offset 32
    .space 16
    .cfi_endproc
    .section .rodata, "a"
    .space 24
    .data
    .globl table
table:
    .quad f
