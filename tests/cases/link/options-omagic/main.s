// -N: no pages, and text is writable.
//# args: -e start -N
//# shows: -N
//# segments: LOAD rwx, STACK rw-
    .text
    .globl start
start: ret
    .data
    .quad start
