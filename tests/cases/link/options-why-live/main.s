// --why-live: who keeps a symbol.
//# args: -e start --gc-sections --why-live=deep
//# shows: --why-live=deep
//# prints: deep
//# prints: start
    .section .text.start, "ax"
    .globl start
start: bl middle
    .section .text.middle, "ax"
middle: bl deep
    .section .text.deep, "ax"
    .globl deep
deep: ret
