// --symbol-ordering-file: sections in the order of its symbols, the others behind them.
//# args: -T link.x --symbol-ordering-file=order.txt
//# shows: --symbol-ordering-file=order.txt
//# compare: rust-lld
//# check: third == 0x1000 && first == third + 8 && start == first + 8 && second == start + 8
//# expect-warning: the symbol ordering file names `nobody`
    .section .text.start, "ax"
    .globl start
start: .quad 0
    .section .text.first, "ax"
    .globl first
first: .quad 1
    .section .text.second, "ax"
    .globl second
second: .quad 2
    .section .text.third, "ax"
third: .quad 3
