// Pitfall: PHDRS may put a writable `.got` into a segment whose FLAGS say read-only; the script wins.
//# args: -T link.x
//# segments: LOAD r-x, LOAD rw-
//# check: flags(.got) & 1 == 1 && addr(.got) > addr(.text) && addr(.got) < addr(.data)
//# compare: rust-lld
    .text
    .globl start
start:
    adrp x0, :got:maybe
    ldr x0, [x0, :got_lo12:maybe]
    ret
    .weak maybe
    .data
    .quad 1
