// -z common-page-size is what CONSTANT(COMMONPAGESIZE) is.
//# args: -T link.x -e start -z common-page-size=0x2000
//# shows: -z common-page-size=0x2000
//# check: addr(.text) == 0x2000
    .text
    .globl start
start: ret
