// ENTRY in SECTIONS, and `-e` with a number, which beats it.
//# args: -T link.x -e 0x1234
//# check: entry == 0x1234
    .text
    .globl start
start: ret
