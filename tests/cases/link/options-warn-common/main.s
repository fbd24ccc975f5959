//# args: -T link.x --warn-common
//# shows: --warn-common
//# check: start == 0x1000
//# expect-warning: common symbol `shared` has several definitions
    .text
    .globl start
start: .quad shared
    .comm shared, 8, 8
