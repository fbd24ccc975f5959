// PHDRS of a kernel's script put the GOT, which is writable, into a segment that the script makes
// read-only: the script is right, the section keeps its flags.
//# target: x86_64-unknown-none
//# args: -T link.x --no-relax
//# check: flags(.got) == 3 && u64(addr(.got)) == value && size(.got) == 8
//# segments: LOAD r-x, LOAD r--, LOAD rw-
//# check: addr(.got) > addr(.rodata) && addr(.got) < addr(.data)
//# compare: rust-lld
    .text
    .globl start
start:
    pushq value@GOTPCREL(%rip)
    ret
    .section .rodata, "a"
    .quad 1
    .data
    .globl value
value: .quad 2
