// PROVIDE defines only what is referred to and not defined; chains and forward references work;
// HIDDEN hides; --defsym defines; the last assignment counts.
//# args: -T link.x --defsym=from_option=plain+4 --gc-sections
//# check: u64(table) == 0x300 && u64(table + 8) == own && u64(table + 16) == 0x42
//# check: u64(table + 24) == end_of_text && end_of_text == addr(.text) + size(.text)
//# check: from_option == 0x46 && chain1 == 0x300 && plain == 0x42
//# check: late == 0x77 && early == 0x78
//# check: visibility(hidden_one) == 2 && bind(hidden_one) == 0
//# absent: unused unused_chain
//# compare: rust-lld
    .text
    .globl start
start:
    adrp x0, table
    ret
    .section .data, "aw"
    .globl table, own
table:
    .quad chain1
    .quad own
    .quad plain
    .quad end_of_text
own: .quad from_option
    .quad hidden_one
