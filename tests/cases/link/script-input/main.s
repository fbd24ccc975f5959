// INPUT and GROUP name files and libraries, AS_NEEDED changes nothing for archives, SEARCH_DIR adds a
// folder that is searched.
//# args: main.o -T link.x
//# archive: libmany.a = m.o
//# archive: libother.a = n.o
//# check: u32(in_b) == 2 && u32(in_m) == 3 && u32(in_n) == 4
//# compare: rust-lld
    .text
    .globl start
start: ret
    .data
    .quad in_b, in_m
