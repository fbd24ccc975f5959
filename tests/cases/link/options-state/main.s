// --push-state, --start-lib, --whole-archive and groups, each for the files that follow it.
//# args: main.o --push-state --whole-archive libw.a --pop-state --start-lib lazy.o never.o --end-lib --start-group liba.a libb.a --end-group -T link.x
//# shows: --push-state
//# shows: --start-group
//# shows: --end-group
//# shows: --start-lib
//# shows: --end-lib
//# archive: libw.a = whole.o
//# archive: liba.a = first.o
//# archive: libb.a = second.o
//# compare: rust-lld
//# present: whole lazy from_first from_second
//# absent: never
    .text
    .globl start
start: .quad lazy, from_first
