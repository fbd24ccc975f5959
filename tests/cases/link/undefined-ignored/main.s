// --unresolved-symbols=ignore-all: what is missing is at address 0.
//# args: -e start --unresolved-symbols=ignore-all
//# shows: --unresolved-symbols=ignore-all
//# check: u64(start) == 0
    .text
    .globl start
start: .quad nowhere
