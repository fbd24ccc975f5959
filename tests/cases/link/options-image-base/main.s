// --image-base: where the first segment begins.
//# args: -e start --image-base=0x800000
//# shows: --image-base=0x800000
//# check: start >= 0x800000 && start < 0x820000
    .text
    .globl start
start: ret
