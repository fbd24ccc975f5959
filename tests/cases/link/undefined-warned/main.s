// --warn-unresolved-symbols: what is missing is at address 0, and a warning says so.
//# args: -e start --warn-unresolved-symbols
//# shows: --warn-unresolved-symbols
//# expect-warning: nowhere
//# check: u64(start) == 0
    .text
    .globl start
start: .quad nowhere
