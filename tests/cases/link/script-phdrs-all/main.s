// PHDRS with every type that bare metal uses: PT_PHDR, PT_LOAD with and without headers, PT_TLS,
// PT_NOTE, PT_GNU_STACK.
//# target: aarch64-unknown-none
//# args: -T link.x
//# segments: PHDR r--, LOAD r-x, LOAD rw-, TLS rw-, NOTE r--, STACK rw-
//# check: addr(.text) > 0x10000 && tls_offset(var) == 16 && u8(0x10000) == 0x7f
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .tdata, "awT", @progbits
    .globl var
var: .long 1
    .section .note.a, "a", @note
    .long 4, 0, 1
    .asciz "abc"
    .data
    .long 2
