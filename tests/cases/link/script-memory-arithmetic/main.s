// MEMORY with symbols, forward references, ORIGIN and LENGTH of other regions, the short spellings,
// and REGION_ALIAS of an alias.
//# args: -T link.x --defsym=_slot=1 --defsym=_size=0x400
//# shows: --defsym=_slot=1
//# check: addr(.text) == 0x10400 && addr(.data) == 0x20000 && addr(.last) == 0x20800
//# check: ram_end == 0x21000 && rest == 0x800 && alias_origin == 0x20800
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .quad 1
    .section .last, "aw"
    .quad 2
