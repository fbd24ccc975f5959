// -Map lists output sections, where their parts come from, and symbols.
//# args: -e start -Ttext=0x1000 -Map=out.map
//# shows: -Map=out.map
//# contains: out.map .text
//# contains: out.map start
//# contains: out.map main.o
    .text
    .globl start
start: nop
