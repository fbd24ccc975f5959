// A symbol that is defined twice is an error that names both files.
//# args: -e start
//# expect-error: duplicate symbol: twice
//# expect-error: main.o
//# expect-error: other.o
    .text
    .globl start, twice
start: nop
twice: nop
