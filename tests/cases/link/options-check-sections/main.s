// --no-check-sections: addresses that overlap are nobody's business.
//# args: -T link.x -e start --no-check-sections
//# shows: --no-check-sections
//# compare: rust-lld
//# check: addr(.text) == addr(.data)
    .text
    .globl start
start: .quad 1
    .data
    .quad 2
