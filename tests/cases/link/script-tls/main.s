// `.tdata` and `.tbss` in a script: zeros of threads take no addresses.
//# args: -T link.x
//# check: addr(.data) == addr(.tbss) && tls_offset(z) == 16 + 8 && size(.tbss) == 16
//# segments: LOAD r-x, LOAD rw-, TLS r--, STACK rw-
//# compare: rust-lld
//# differs: segments - RELRO, and a segment for it, are made with -z relro only
    .text
    .globl start
start: ret
    .section .tdata, "awT"
    .quad 1
    .section .tbss, "awT", @nobits
    .globl z
z:  .space 16
    .data
    .quad 2
