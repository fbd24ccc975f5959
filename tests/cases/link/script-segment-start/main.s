// SEGMENT_START gives what `-Ttext-segment` says; lld ignores the option there.
//# args: -T link.x -Ttext-segment=0x5000
//# shows: -Ttext-segment=0x5000
//# check: addr(.text) == 0x5000 && data == 0x9000
    .text
    .globl start
start: ret
