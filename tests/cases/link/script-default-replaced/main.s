// A script with a layout takes the default's place: nothing of the default is left.
//# args: --default-script=board.x -T own.x
//# check: addr(.text) == 0x9000 && entry == own
//# absent: of_the_board
//# compare: rust-lld
    .text
    .globl own
own: ret
