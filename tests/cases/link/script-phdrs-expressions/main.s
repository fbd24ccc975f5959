// PHDRS with expressions: AT and FLAGS from symbols and functions, types as numbers and names, a
// section in several segments, `:NONE`, and sections that follow the one before.
//# args: -T link.x
//# segments: LOAD r-x, LOAD rw-, NOTE r--, 0x60000001 rw-, LOAD r--
//# check: load(.data) == 0x30000 && load(.more) == 0x30008 && addr(.more) == addr(.data) + 8
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .quad 1
    .section .more, "aw"
    .quad 2
    .section .note.a, "a", @note
    .long 4, 0, 1
    .asciz "abc"
    .section .nowhere, "a"
    .quad 3
    .section .last, "a"
    .quad 4
