// -l NAME takes libNAME.a.
//# args: main.o -e start -lx
//# shows: -lx
//# archive: libx.a = member.o
//# present: needed
    .text
    .globl start
start: bl needed
