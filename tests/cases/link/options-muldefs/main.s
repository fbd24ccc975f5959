// -z muldefs: the first definition counts.
//# args: main.o other.o -e start -z muldefs
//# shows: -z muldefs
//# check: u64(twice) == 1
    .data
    .globl twice
twice: .quad 1
    .text
    .globl start
start: ret
