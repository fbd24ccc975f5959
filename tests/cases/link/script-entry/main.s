// ENTRY: the first one counts (in GNU ld the last).
//# args: -T link.x
//# check: entry == start && entry == 0x1000
//# compare: rust-lld
    .text
    .globl start, second
start: ret
second: ret
