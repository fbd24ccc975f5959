// STARTUP puts a file in front of all others.
//# args: main.o -T link.x
//# bytes: .data = 02 01
    .text
    .globl start
start: ret
    .data
    .byte 1
