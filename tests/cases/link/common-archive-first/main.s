// As common-archive, with the archive in front of the object.
//# target: x86_64-unknown-none, thumbv7m-none-eabi
//# args: -e start libx.a main.o
//# archive: libx.a = member.o other.o
//# check: u32(value) == 5 && symsize(room) == 4
//# absent: of_other
    .text
    .globl start
start: .long value, room
    .comm value, 4, 4
    .comm room, 4, 4
