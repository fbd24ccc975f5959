// A `-T` script that INSERTs, or that has no SECTIONS at all, adds to the default script, wherever it stands.
//# args: -T insert.x -T symbols.x --default-script=board.x
//# sections: .text .mine .data
//# check: addr(.text) == 0x7000 && table == addr(.mine) && here == 0x55 && entry == start
//# lld-args: -T board.x
//# compare: rust-lld
    .text
    .globl start
start: ret
    .section .mine, "a"
    .quad table, here
    .data
    .quad 1
