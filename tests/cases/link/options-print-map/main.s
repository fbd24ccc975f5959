// -M prints the map.
//# args: -e start -Ttext=0x1000 -M
//# shows: -M
//# prints: .text
//# prints: main.o
    .text
    .globl start
start: ret
