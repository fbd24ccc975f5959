// -z nognustack: nothing is said of the stack.
//# args: -e start -z nognustack
//# shows: -z nognustack
//# segments: PHDR r--, LOAD r-x
    .text
    .globl start
start: ret
