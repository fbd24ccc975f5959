// An executable exports what libraries need, and what lists and patterns name.
//# target: x86_64-unknown-none
//# first: libx.so = -shared lib.o
//# args: main.o libx.so --dynamic-list=list.txt --export-dynamic-symbol=pattern* --export-dynamic-symbol-list=more.txt
//# shows: --dynamic-list=list.txt
//# shows: --export-dynamic-symbol=pattern*
//# shows: --export-dynamic-symbol-list=more.txt
//# present: listed pattern1 more plain
    .globl _start, listed, pattern1, more, plain
_start:
listed:
pattern1:
more:
plain:
    call f@PLT
