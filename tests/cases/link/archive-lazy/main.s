// A member is linked when it defines what is undefined so far, by the archive's order; a weak
// reference alone pulls nothing; -u does.
//# args: main.o liba.a libb.a -u by_option -T link.x
//# archive: liba.a = needed.o weakly.o unused.o
//# archive: libb.a = needed-too.o option.o
//# check: entry == start
//# present: needed chained by_option
//# absent: unused weakly_marker
//# check: u64(slot) == 0
//# compare: rust-lld
    .globl start
start:
    bl needed
    .data
    .weak weakly
slot:
    .quad weakly
