// --print-gc-sections names what went.
//# args: --gc-sections --print-gc-sections -e f -Ttext=0x1000
//# shows: --gc-sections
//# shows: --print-gc-sections
//# prints: main.o:(.text.dead)
//# absent: dead
    .section .text.f, "ax"
    .globl f
f:  ret
    .section .text.dead, "ax"
    .globl dead
dead: ret
