// -z undefs: what is missing is at address 0.
//# args: -e start -z undefs
//# shows: -z undefs
//# check: u64(start) == 0
    .text
    .globl start
start: .quad nowhere
