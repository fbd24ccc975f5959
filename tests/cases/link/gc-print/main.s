// --print-gc-sections names what went.
//# args: --gc-sections --print-gc-sections -e f -Ttext=0x1000
//# prints: main.o:(.text.dead)
//# absent: dead
    .section .text.f, "ax"
    .globl f
f:  ret
    .section .text.dead, "ax"
    .globl dead
dead: ret
