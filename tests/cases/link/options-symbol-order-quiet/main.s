// --no-warn-symbol-ordering: a file made for many programs may name what this one has not.
//# args: -T link.x -e start --symbol-ordering-file=order.txt --no-warn-symbol-ordering
//# shows: --no-warn-symbol-ordering
//# check: second < start
    .section .text.start, "ax"
    .globl start
start: .quad 0
    .section .text.second, "ax"
    .globl second
second: .quad 2
