// Of groups with one signature the first counts, with all its sections; references from the others
// go to the first.
//# args: -T link.x
//# check: size(.text) == 16
//# check: u64(table) == inline_fn && u64(table2) == inline_fn
//# check: u32(inline_fn) == 0xd2800020
//# check: size(.data) == 24
//# compare: rust-lld
    .section .text.inline_fn, "axG", %progbits, inline_fn, comdat
    .weak inline_fn
inline_fn:
    mov x0, 1
    ret
    .section .data.of_group, "awG", %progbits, inline_fn, comdat
    .quad 1
    .data
    .globl table
table: .quad inline_fn
    .text
    .globl start
start: ret
    nop
