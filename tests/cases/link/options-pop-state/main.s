// --pop-state: the archive behind it gives needed members only.
//# args: main.o -e start --push-state --whole-archive liba.a --pop-state libb.a
//# shows: --pop-state
//# archive: liba.a = one.o
//# archive: libb.a = two.o
//# present: one
//# absent: two
    .text
    .globl start
start: ret
