// --machine-memory: a region that the machine does not have is warned of.
//# args: -T link.x -e start --machine-memory=machine.txt
//# shows: --machine-memory=machine.txt
//# expect-warning: RAM
//# check: entry == start
    .text
    .globl start
start: ret
