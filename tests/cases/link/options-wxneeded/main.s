//# args: -T link.x -z wxneeded -z stack-size=0x4000 -z execstack
//# shows: -z stack-size=0x4000
//# shows: -z execstack
//# shows: -z wxneeded
//# compare: rust-lld
//# check: start == 0x1000
    .text
    .globl start
start: .quad 0
