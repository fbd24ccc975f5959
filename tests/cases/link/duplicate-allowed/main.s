//# args: -e start --allow-multiple-definition
//# shows: -e start
//# shows: --allow-multiple-definition
//# check: u32(twice) == 0xd503201f
    .text
    .globl start, twice
start: nop
twice: nop
