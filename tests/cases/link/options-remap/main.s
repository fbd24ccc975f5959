// --remap-inputs reads another file in place of one that the pattern fits.
//# args: main.o wrong.o -e start --remap-inputs=*wrong.o=right.o
//# shows: --remap-inputs=*wrong.o=right.o
//# present: right
//# absent: wrong
    .text
    .globl start
start: ret
