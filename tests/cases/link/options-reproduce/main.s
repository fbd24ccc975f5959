// --reproduce writes all inputs and the arguments to a tar file.
//# args: -e start --reproduce=all.txt
//# shows: --reproduce=all.txt
//# check: entry == start
    .text
    .globl start
start: ret
