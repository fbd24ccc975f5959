// `archive:member`, `archive:`, `:file` and their wildcards.
//# args: main.o b.o libx.a liby.a -T link.x -u in_m -u in_n -u in_o
//# shows: -u in_o
//# archive: libx.a = m.o n.o
//# archive: liby.a = o.o
//# bytes: .member = 03
//# bytes: .archive = 04
//# bytes: .outside = 01 02
//# bytes: .rest = 05
    .text
    .globl start
start: ret
    .section .d, "a"
    .byte 1
