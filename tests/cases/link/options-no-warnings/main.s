// -w: no warnings. The symbol is missing all the same.
//# args: -e start --warn-unresolved-symbols -w
//# shows: -w
//# check: u64(start) == 0
    .text
    .globl start
start: .quad nowhere
