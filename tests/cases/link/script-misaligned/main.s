// An address that is no multiple of the section's alignment counts, with a warning, as in lld.
//# args: -T link.x
//# expect-warning: section `.data` is at 0x2002, which is not a multiple of its alignment 0x8
//# check: addr(.data) == 0x2002 && in_data == 0x2008
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .balign 8
    .globl in_data
in_data: .quad 1
