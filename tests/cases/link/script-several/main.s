// Several `-T`: SECTIONS of all of them, one after the other; later sections may use earlier regions; `-dT`
// counts for nothing beside them.
//# args: -T memory.x -T link.x -T more.x -dT default.x
//# sections: .text .data .more
//# check: addr(.more) == 0x20008 && after == 0x20010
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .quad 1
    .section .more, "aw"
    .quad 2
