// Archives without a symbol table and thin archives are read like any other; --whole-archive takes
// every member.
//# args: main.o libplain.a libthin.a --whole-archive libwhole.a --no-whole-archive -T link.x
//# shows: --whole-archive
//# archive: libplain.a = a.o b.o [no-index]
//# archive: libthin.a = c.o d.o [thin]
//# archive: libwhole.a = e.o
//# present: a c e
//# absent: b d
//# compare: rust-lld
    .globl start
start:
    bl a
    bl c
