// A common symbol is no definition: a member of an archive that has one is linked, and one that has only a common symbol
// of that name is not (GNU ld and mold; lld leaves zeros).
//# target: x86_64-unknown-none, thumbv7m-none-eabi
//# args: -e start libx.a
//# archive: libx.a = member.o other.o
//# check: u32(value) == 5 && symsize(room) == 4
//# absent: of_other
    .text
    .globl start
start: .long value, room
    .comm value, 4, 4
    .comm room, 4, 4
